// Stands where a collector would and writes down what a real OpenTelemetry client sends:
//   node test/collector/record.ts OUT.json "WHO, WITH VERSIONS" [HTTP_PORT [GRPC_PORT]]
// It answers as a collector that kept everything; an interrupt writes the file.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import type { Recording } from './recording.ts';

const [out = '', client = '', httpPort = '4318', grpcPort = '4317'] = process.argv.slice(2);
const recording: Recording = { client, requests: [] };

/** Headers that say how to read a body; the others name the recording machine, or nothing. */
const KEPT = /^(?:content-type|content-encoding|user-agent|grpc-encoding)$/;

function keptHeaders(headers: Iterable<[string, unknown]>): Record<string, string> {
  return Object.fromEntries(
    [...headers].filter(([name]) => KEPT.test(name)).map(([name, value]) => [name, String(value)]),
  );
}

const http = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    recording.requests.push({
      transport: 'http',
      method: request.method ?? '',
      path: request.url ?? '',
      headers: keptHeaders(Object.entries(request.headers)),
      body: Buffer.concat(chunks).toString('base64'),
    });
    const type = request.headers['content-type'] ?? 'application/x-protobuf';
    response.setHeader('Content-Type', type).end(type.includes('json') ? '{}' : '');
  });
});
http.listen(Number(httpPort), '127.0.0.1');

const asIs = (bytes: Buffer): Buffer => bytes;
const grpc = new Server();
for (const path of [
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
]) {
  const asBytes = {
    ...{ requestSerialize: asIs, requestDeserialize: asIs },
    ...{ responseSerialize: asIs, responseDeserialize: asIs },
  };
  const definition = { Export: { path, requestStream: false, responseStream: false, ...asBytes } };
  const handler = (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void => {
    recording.requests.push({
      ...{ transport: 'grpc', method: 'POST', path },
      headers: keptHeaders(Object.entries(call.metadata.getMap())),
      // Inflated already where the client compressed it.
      body: call.request.toString('base64'),
    });
    answer(null, Buffer.alloc(0));
  };
  grpc.addService(definition, { Export: handler });
}
grpc.bindAsync(`127.0.0.1:${grpcPort}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
  process.stdout.write('recording\n');
});

process.once('SIGINT', () => {
  writeFileSync(out, `${JSON.stringify(recording, null, 2)}\n`);
  process.stdout.write(`${recording.requests.length} requests in ${out}\n`);
  http.closeAllConnections();
  http.close();
  grpc.forceShutdown();
});
