// gRPC's public interop cases by npm's @grpc/grpc-js.
//
//     NODE_PATH=…/node_modules node grpcjs_cases.js PORT PROTO_FOLDER [CERTIFICATE]
//
// It prints "CASE ok", or "CASE FAILED why", a line a case.
'use strict';

const assert = require('assert');
const fs = require('fs');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [port, protos, certificate] = process.argv.slice(2);
const { testing } = grpc.loadPackageDefinition(loader.loadSync('grpc/testing/test.proto',
    { includeDirs: [protos], keepCase: true, longs: Number, enums: String, defaults: true })).grpc;
const SIZES_OUT = [31415, 9, 2653, 58979];
const SIZES_IN = [27182, 8, 1828, 45904];
const GZIP = grpc.compressionAlgorithms.gzip;

function connect(service = testing.TestService, options = {}) {
    const credentials = certificate
        ? grpc.credentials.createSsl(fs.readFileSync(certificate)) : grpc.credentials.createInsecure();
    return new service(`${certificate ? 'localhost' : '127.0.0.1'}:${port}`, credentials,
        { 'grpc.max_receive_message_length': 64 << 20, 'grpc.use_local_subchannel_pool': 1, ...options });
}

const payload = (size) => ({ body: Buffer.alloc(size) });
const simple = (more = {}) => ({ response_size: 314159, payload: payload(271828), ...more });
const output = (sizes, body = 0, more = {}) => ({
    response_parameters: sizes.map((size) => ({ size, ...more })), payload: payload(body),
});

// The answer of a unary call, or its error thrown; with its metadata.
function unary(client, method, request, metadata = new grpc.Metadata(), options = {}) {
    return new Promise((resolve, reject) => {
        const seen = {};
        const call = client[method](request, metadata, options, (error, answer) => {
            seen.answer = answer;
            seen.error = error;
        });
        call.on('metadata', (initial) => { seen.initial = initial; });
        call.on('status', (status) => {
            seen.trailing = status.metadata;
            setImmediate(() => (seen.error ? reject(seen.error) : resolve(seen)));
        });
    });
}

function upload(client, requests, options = {}) {
    return new Promise((resolve, reject) => {
        const call = client.StreamingInputCall(new grpc.Metadata(), options,
            (error, answer) => (error ? reject(error) : resolve(answer)));
        requests.forEach((request) => call.write(request));
        call.end();
    });
}

// All answers' sizes, and the metadata; @onAnswer may write, end or cancel.
function collect(call, onAnswer = () => {}) {
    return new Promise((resolve, reject) => {
        const seen = { sizes: [] };
        call.on('metadata', (initial) => { seen.initial = initial; });
        call.on('data', (answer) => {
            seen.sizes.push(answer.payload.body.length);
            onAnswer(seen.sizes.length);
        });
        call.on('error', reject);
        call.on('status', (status) => {
            seen.trailing = status.metadata;
            if (status.code === grpc.status.OK) setImmediate(() => resolve(seen));
        });
    });
}

async function fails(promise, code, details) {
    let error = null;
    try {
        await promise;
    } catch (caught) {
        error = caught;
    }
    assert.ok(error, `no error, ${code} was due`);
    assert.strictEqual(error.code, code, error.message);
    if (details !== undefined) assert.strictEqual(error.details, details);
}

const cases = {
    async empty_unary(client) {
        await unary(client, 'EmptyCall', {});
    },
    async large_unary(client) {
        assert.strictEqual((await unary(client, 'UnaryCall', simple())).answer.payload.body.length, 314159);
    },
    async client_compressed_unary(client) {
        const zipped = connect(testing.TestService, { 'grpc.default_compression_algorithm': GZIP });
        const request = simple({ expect_compressed: { value: true } });
        await fails(unary(client, 'UnaryCall', request), grpc.status.INVALID_ARGUMENT);
        await unary(zipped, 'UnaryCall', request);
        await unary(client, 'UnaryCall', simple({ expect_compressed: { value: false } }));
        zipped.close();
    },
    async server_compressed_unary(client) {
        for (const value of [true, false]) {
            const { answer } = await unary(client, 'UnaryCall', simple({ response_compressed: { value } }));
            assert.strictEqual(answer.payload.body.length, 314159);
        }
    },
    async client_streaming(client) {
        const answer = await upload(client, SIZES_IN.map((size) => ({ payload: payload(size) })));
        assert.strictEqual(answer.aggregated_payload_size, 74922);
    },
    async client_compressed_streaming(client) {
        const zipped = connect(testing.TestService, { 'grpc.default_compression_algorithm': GZIP });
        const request = (size) => ({ payload: payload(size), expect_compressed: { value: true } });
        await fails(upload(client, [request(27182)]), grpc.status.INVALID_ARGUMENT);
        const answer = await upload(zipped, [request(27182), request(45904)]);
        assert.strictEqual(answer.aggregated_payload_size, 73086);
        zipped.close();
    },
    async server_streaming(client) {
        const seen = await collect(client.StreamingOutputCall(output(SIZES_OUT)));
        assert.deepStrictEqual(seen.sizes, SIZES_OUT);
    },
    async server_compressed_streaming(client) {
        const request = output([31415, 92653]);
        request.response_parameters[0].compressed = { value: true };
        request.response_parameters[1].compressed = { value: false };
        const seen = await collect(client.StreamingOutputCall(request));
        assert.deepStrictEqual(seen.sizes, [31415, 92653]);
    },
    async ping_pong(client) {
        const call = client.FullDuplexCall();
        const next = (n) => (n < SIZES_OUT.length ? call.write(output([SIZES_OUT[n]], SIZES_IN[n])) : call.end());
        const all = collect(call, next);
        next(0);
        assert.deepStrictEqual((await all).sizes, SIZES_OUT);
    },
    async half_duplex(client) {
        const call = client.HalfDuplexCall();
        const all = collect(call);
        SIZES_OUT.forEach((size) => call.write(output([size])));
        call.end();
        assert.deepStrictEqual((await all).sizes, SIZES_OUT);
    },
    async empty_stream(client) {
        const call = client.FullDuplexCall();
        const all = collect(call);
        call.end();
        assert.deepStrictEqual((await all).sizes, []);
    },
    async custom_metadata(client) {
        const metadata = new grpc.Metadata();
        metadata.set('x-grpc-test-echo-initial', 'test_initial_metadata_value');
        metadata.set('x-grpc-test-echo-trailing-bin', Buffer.from([0xab, 0xab, 0xab]));
        const call = client.FullDuplexCall(metadata);
        const all = collect(call, () => call.end());
        call.write(output([314159], 271828));
        for (const seen of [await unary(client, 'UnaryCall', simple(), metadata), await all]) {
            assert.deepStrictEqual(seen.initial.get('x-grpc-test-echo-initial'), ['test_initial_metadata_value']);
            assert.deepStrictEqual(seen.trailing.get('x-grpc-test-echo-trailing-bin'),
                [Buffer.from([0xab, 0xab, 0xab])]);
        }
    },
    async status_code_and_message(client) {
        const response_status = { code: 2, message: 'test status message' };
        await fails(unary(client, 'UnaryCall', { response_status }), 2, 'test status message');
        const call = client.FullDuplexCall();
        const all = collect(call);
        call.write({ response_status });
        await fails(all, 2, 'test status message');
    },
    async special_status_message(client) {
        const message = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
        await fails(unary(client, 'UnaryCall', { response_status: { code: 2, message } }), 2, message);
    },
    async unimplemented_method(client) {
        await fails(unary(client, 'UnimplementedCall', {}), grpc.status.UNIMPLEMENTED);
    },
    async unimplemented_service() {
        const other = connect(testing.UnimplementedService);
        await fails(unary(other, 'UnimplementedCall', {}), grpc.status.UNIMPLEMENTED);
        other.close();
    },
    async cancel_after_begin(client) {
        await fails(new Promise((resolve, reject) => {
            const call = client.StreamingInputCall((error) => (error ? reject(error) : resolve()));
            setImmediate(() => call.cancel());
        }), grpc.status.CANCELLED);
    },
    async cancel_after_first_response(client) {
        const call = client.FullDuplexCall();
        const all = collect(call, () => call.cancel());
        call.write(output([31415], 27182));
        await fails(all, grpc.status.CANCELLED);
    },
    async timeout_on_sleeping_server(client) {
        for (const milliseconds of [1, 300]) {
            const call = client.FullDuplexCall({ deadline: Date.now() + milliseconds });
            const all = collect(call);
            call.write(output([31415], 27182, { interval_us: 2000000 }));
            await fails(all, grpc.status.DEADLINE_EXCEEDED);
        }
    },
    async concurrent_large_unary(client) {
        const all = await Promise.all(Array.from({ length: 50 }, () => unary(client, 'UnaryCall', simple())));
        assert.ok(all.every(({ answer }) => answer.payload.body.length === 314159));
    },
    async slow_consumer(client) {
        const call = client.StreamingOutputCall(output(Array(256).fill(1 << 16)));
        const seen = await collect(call, (n) => {
            if (n % 32 === 0) {
                call.pause();
                setTimeout(() => call.resume(), 50);
            }
        });
        assert.strictEqual(seen.sizes.length, 256);
    },
    async rpc_soak(client) {
        for (let i = 0; i < 200; i++) await unary(client, 'UnaryCall', simple());
    },
    async channel_soak() {
        for (let i = 0; i < 30; i++) {
            const client = connect();
            await unary(client, 'UnaryCall', simple());
            client.close();
        }
    },
};

async function main() {
    const client = connect();
    for (const [name, run] of Object.entries(cases)) {
        try {
            await run(client);
            console.log(`${name} ok`);
        } catch (error) {
            console.log(`${name} FAILED ${String(error.message).replace(/\s+/g, ' ').slice(0, 300)}`);
        }
    }
    client.close();
}

main();
