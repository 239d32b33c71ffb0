"""grpc.health.v1 and grpc.reflection, as any client sees them: without a token."""

import os
import queue
import signal
import threading

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool

import canvass_test
from canvass_test import Canvass, CanvassTest, eventually, schema

CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"
EMPLOYERS = "canvass.v1.EmployerService"
VERSIONS = ("v1", "v1alpha")


def message(name):
    return schema().message(name)


class Watch:
    """An open Watch; what it hears is read by a thread of its own."""

    def __init__(self, canvass, service=""):
        self.channel = canvass.new_channel()
        self.heard, self.all, self.error = queue.Queue(), [], None
        answer = message("grpc.health.v1.HealthCheckResponse")
        call = self.channel.unary_stream(
            WATCH, request_serializer=lambda m: m.SerializeToString(),
            response_deserializer=answer.FromString)
        self.call = call(message("grpc.health.v1.HealthCheckRequest")(service=service), timeout=60)
        self.thread = threading.Thread(target=self.listen, args=(answer,), daemon=True)
        self.thread.start()

    def listen(self, answer):
        names = answer.DESCRIPTOR.enum_types_by_name["ServingStatus"].values_by_number
        try:
            for each in self.call:
                self.all.append(names[each.status].name)
                self.heard.put(self.all[-1])
        except grpc.RpcError as error:
            self.error = error
        self.heard.put(None)

    def next(self):
        return self.heard.get(timeout=60)

    def close(self):
        self.call.cancel()
        self.thread.join(10)
        self.channel.close()


def check(canvass, service="", channel=None):
    """The status as its name, or the name of the code that the call ended with."""
    answer = message("grpc.health.v1.HealthCheckResponse")
    own = channel or canvass.new_channel()
    try:
        call = own.unary_unary(CHECK, request_serializer=lambda m: m.SerializeToString(),
                               response_deserializer=answer.FromString)
        found = call(message("grpc.health.v1.HealthCheckRequest")(service=service), timeout=10)
        return answer.DESCRIPTOR.enum_types_by_name["ServingStatus"].values_by_number[
            found.status].name
    except grpc.RpcError as error:
        return error.code().name
    finally:
        if not channel:
            own.close()


class TestHealth(CanvassTest):
    def test_check__knows_the_server_and_each_service(self):
        eventually(lambda: check(self.canvass) == "SERVING")
        for service in (EMPLOYERS, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"):
            self.assertEqual(check(self.canvass, service), "SERVING", service)

    def test_check__does_not_find_what_is_not_there(self):
        for service in ("canvass.v1.Nobody", "canvass.v1", EMPLOYERS + "/GetEmployer", " "):
            self.assertEqual(check(self.canvass, service), "NOT_FOUND", service)

    def test_check__names_the_field_of_an_unknown_service(self):
        with self.canvass.new_channel() as channel:
            call = channel.unary_unary(CHECK)
            with self.assertRaises(grpc.RpcError) as caught:
                call(message("grpc.health.v1.HealthCheckRequest")(
                    service="x").SerializeToString(), timeout=10)
        self.check_error(caught.exception, "NOT_FOUND", field="service")

    def test_check__refuses_what_is_no_message(self):
        with self.canvass.new_channel() as channel:
            for path in (CHECK, WATCH):
                with self.assertRaises(grpc.RpcError) as caught:
                    list(channel.unary_stream(path)(b"\x0a\xff", timeout=10))
                self.assertEqual(caught.exception.code().name, "INVALID_ARGUMENT", path)

    def test_watch__of_an_unknown_service_says_so_and_stays_open(self):
        watch = Watch(self.canvass, "canvass.v1.Nobody")
        self.assertEqual(watch.next(), "SERVICE_UNKNOWN")
        with self.assertRaises(queue.Empty):
            watch.heard.get(timeout=0.5)
        self.assertTrue(watch.call.is_active())
        watch.close()

    def test_watch__may_be_left(self):
        for _ in range(20):
            watch = Watch(self.canvass)
            watch.next()
            watch.close()
        self.assertEqual(check(self.canvass), "SERVING")


class TestDatabaseAway(CanvassTest):
    def test_health__follows_the_database(self):
        watches = {name: Watch(self.canvass, name) for name in (
            "", EMPLOYERS, "grpc.health.v1.Health")}
        for name, watch in watches.items():
            while watch.next() != "SERVING":
                pass
        self.canvass.kill_postgres()
        try:
            self.assertEqual(watches[""].next(), "NOT_SERVING")
            self.assertEqual(watches[EMPLOYERS].next(), "NOT_SERVING")
            self.assertEqual(check(self.canvass), "NOT_SERVING")
            self.assertEqual(check(self.canvass, EMPLOYERS), "NOT_SERVING")
            self.assertEqual(check(self.canvass, "grpc.health.v1.Health"), "SERVING")
            self.assertEqual(check(self.canvass, "canvass.v1.Nobody"), "NOT_FOUND")
        finally:
            self.canvass.start_postgres()
        self.assertEqual(watches[""].next(), "SERVING")
        self.assertEqual(watches[EMPLOYERS].next(), "SERVING")
        self.assertEqual(check(self.canvass), "SERVING")
        self.assertTrue(watches["grpc.health.v1.Health"].heard.empty())
        for watch in watches.values():
            watch.close()


class TestReflection(CanvassTest):
    def ask(self, *requests, version="v1", canvass=None):
        """Ask in one stream; one answer for each."""
        package = f"grpc.reflection.{version}"
        request = message(package + ".ServerReflectionRequest")
        answer = message(package + ".ServerReflectionResponse")
        with (canvass or self.canvass).new_channel() as channel:
            call = channel.stream_stream(
                f"/{package}.ServerReflection/ServerReflectionInfo",
                request_serializer=lambda m: m.SerializeToString(),
                response_deserializer=answer.FromString)
            return list(call((request(host="here", **each) for each in requests), timeout=20))

    def files(self, answer):
        self.assertEqual(answer.WhichOneof("message_response"), "file_descriptor_response", answer)
        return [descriptor_pb2.FileDescriptorProto.FromString(data)
                for data in answer.file_descriptor_response.file_descriptor_proto]

    def test_services__are_listed_with_the_standard_ones(self):
        for version in VERSIONS:
            answer, = self.ask({"list_services": ""}, version=version)
            names = {each.name for each in answer.list_services_response.service}
            self.assertTrue({EMPLOYERS, "grpc.health.v1.Health",
                             "grpc.reflection.v1.ServerReflection",
                             "grpc.reflection.v1alpha.ServerReflection"} <= names, names)
            self.assertEqual(answer.valid_host, "here")
            self.assertEqual(answer.original_request.WhichOneof("message_request"),
                             "list_services")

    def test_files__build_a_pool_from_which_any_method_can_be_called(self):
        answer, = self.ask({"file_containing_symbol": EMPLOYERS})
        waiting = {file.name: file for file in self.files(answer)}
        pool, added = descriptor_pool.DescriptorPool(), set()
        while waiting:
            ready = [f for f in waiting.values() if set(f.dependency) <= added]
            self.assertTrue(ready, "a file that is needed did not come along")
            for file in ready:
                pool.Add(file)
                added.add(file.name)
                del waiting[file.name]
        method = pool.FindServiceByName(EMPLOYERS).FindMethodByName("GetEmployer")
        self.assertEqual(method.input_type.full_name, "canvass.v1.GetEmployerRequest")

    def test_files__are_those_that_protoc_made(self):
        full = descriptor_pb2.FileDescriptorSet()
        with open(os.path.join(canvass_test.BUILD, "proto", "full.pb"), "rb") as f:
            full.ParseFromString(f.read())
        answers = self.ask(*({"file_by_filename": file.name} for file in full.file))
        for file, answer in zip(full.file, answers):
            self.assertEqual(answer.file_descriptor_response.file_descriptor_proto[0],
                             file.SerializeToString(), file.name)

    def test_files__keep_the_optional_flag(self):
        answer, = self.ask({"list_services": ""})
        names = [each.name for each in answer.list_services_response.service
                 if each.name.startswith("canvass.")]
        found = [file for each in self.ask(*({"file_containing_symbol": n} for n in names))
                 for file in self.files(each)]
        self.assertTrue(any(field.proto3_optional for file in found
                            for each in file.message_type for field in each.field))

    def test_files__that_a_stream_sent_come_once(self):
        first, second = self.ask({"file_containing_symbol": EMPLOYERS},
                                 {"file_containing_symbol": EMPLOYERS})
        self.assertGreater(len(self.files(first)), 1)
        self.assertEqual([f.name for f in self.files(second)], [self.files(first)[0].name])

    def test_symbols__of_every_kind_are_found(self):
        kinds = {
            "canvass.v1.Employer": "canvass/v1/employer.proto",
            "canvass.v1.Employer.name": "canvass/v1/employer.proto",
            "canvass.v1.EmployerService": "canvass/v1/employer.proto",
            "canvass.v1.EmployerService.GetEmployer": "canvass/v1/employer.proto",
            "google.rpc.BadRequest.FieldViolation": "google/rpc/error_details.proto",
            "google.rpc.BadRequest.FieldViolation.field": "google/rpc/error_details.proto",
            "google.protobuf.NULL_VALUE": "google/protobuf/struct.proto",
            "google.protobuf.Value.kind": "google/protobuf/struct.proto",
            "grpc.health.v1.HealthCheckResponse.ServingStatus": "grpc/health/v1/health.proto",
            "grpc.health.v1.HealthCheckResponse.SERVING": "grpc/health/v1/health.proto",
        }
        answers = self.ask(*({"file_containing_symbol": symbol} for symbol in kinds))
        for (symbol, file), answer in zip(kinds.items(), answers):
            self.assertEqual(self.files(answer)[0].name, file, symbol)

    def test_errors__are_answers_and_the_stream_goes_on(self):
        asked = [{"file_by_filename": "no.proto"}, {"file_containing_symbol": "canvass.v1"},
                 {"file_containing_symbol": ""}, {"file_containing_symbol": "canvass.v1.Employer."},
                 {"file_containing_symbol": "canvass.v1.EmployerX"},
                 {"file_containing_extension": {"containing_type": "canvass.v1.Employer",
                                                "extension_number": 5}},
                 {"all_extension_numbers_of_type": "canvass.v1.Nothing"}, {}]
        for version in VERSIONS:
            *errors, last = self.ask(*asked, {"file_containing_symbol": EMPLOYERS},
                                     version=version)
            codes = [each.error_response.error_code for each in errors]
            self.assertEqual(codes, [5] * 7 + [3])
            self.assertTrue(all(each.error_response.error_message for each in errors))
            self.files(last)

    def test_extensions__of_a_known_type_are_a_list(self):
        answer, = self.ask({"all_extension_numbers_of_type": "canvass.v1.Employer"})
        found = answer.all_extension_numbers_response
        self.assertEqual(found.base_type_name, "canvass.v1.Employer")
        self.assertEqual(list(found.extension_number), [])

    def test_stream__of_many_questions_is_answered_in_order(self):
        symbols = ["canvass.v1.Employer", "google.rpc.Status"] * 500
        answers = self.ask(*({"file_containing_symbol": symbol} for symbol in symbols))
        self.assertEqual([a.original_request.file_containing_symbol for a in answers], symbols)


class TestStop(CanvassTest):
    @classmethod
    def setUpClass(cls):
        cls.canvass = Canvass(drain="10s", reflection="no")

    @classmethod
    def tearDownClass(cls):
        cls.canvass.stop()

    def test_reflection__can_be_switched_off(self):
        with self.canvass.new_channel() as channel:
            call = channel.stream_stream(
                "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
            with self.assertRaises(grpc.RpcError) as caught:
                list(call(iter([b""]), timeout=10))
        self.assertEqual(caught.exception.code().name, "UNIMPLEMENTED")

    def test_watch__ends_at_a_stop_with_not_serving_then_unavailable(self):
        watch = Watch(self.canvass)
        while watch.next() != "SERVING":
            pass
        self.canvass.daemon.send_signal(signal.SIGTERM)
        self.assertEqual(watch.next(), "NOT_SERVING")
        self.assertIsNone(watch.next())
        self.assertEqual(watch.error.code().name, "UNAVAILABLE")
        self.assertEqual(watch.error.details(), "the server is stopping")
        watch.channel.close()
        # the watch does not hold up the stop
        self.assertEqual(self.canvass.daemon.wait(5), 0)
        self.canvass.daemon = None


if __name__ == "__main__":
    canvass_test.main()
