// gRPC C++'s callback server with one echo method: what rpc.py measures ours against.
#include <grpcpp/grpcpp.h>

#include <iostream>

#include "echo.grpc.pb.h"

class Echo final : public test::Echo::CallbackService {
    grpc::ServerUnaryReactor *Unary(grpc::CallbackServerContext *context,
        const test::Payload *request, test::Payload *response) override
    {
        response->set_body(request->body());
        grpc::ServerUnaryReactor *reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
    }
};

int main()
{
    Echo echo;
    int port = 0;
    grpc::ServerBuilder builder;

    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&echo);
    std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    if (!server)
        return 1;
    std::cout << "port " << port << std::endl;
    server->Wait();
}
