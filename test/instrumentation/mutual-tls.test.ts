import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startOtlpReceiver } from './otlp-receiver.ts';
import { jwt, startTelemetry } from './service.ts';

const pem = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
const fingerprint = new X509Certificate(pem('client.pem')).fingerprint256
  .replaceAll(':', '')
  .toLowerCase();

test('TLS version and client certificate, whose mail address is masked', async () => {
  const receiver = await startOtlpReceiver();
  const { sdk, tokenwatch } = startTelemetry(receiver.url, { http: null });
  const server = createServer(
    {
      key: pem('server.key'),
      cert: pem('server.pem'),
      ca: pem('client.pem'),
      requestCert: true,
      rejectUnauthorized: false,
    },
    tokenwatch.http((_request, response) => response.end('{}')),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const call = (options: object) =>
    new Promise<void>((resolve, reject) => {
      const all = { host: '127.0.0.1', port, ca: pem('server.pem'), agent: false, ...options };
      request(all, (response) => response.resume().on('end', resolve))
        .on('error', reject)
        .end();
    });
  const certified = { key: pem('client.key'), cert: pem('client.pem') };
  const bound = jwt({ cnf: { 'x5t#S256': Buffer.from(fingerprint, 'hex').toString('base64url') } });
  await call({ ...certified, headers: { authorization: `Bearer ${bound}` } });
  await call(certified);
  await call({});
  const [full, certificateOnly, bare] = await receiver.waitFor(3);
  server.close();
  await sdk.shutdown();
  await receiver.stop();
  expect(full?.attributes).toMatchObject({
    'tls.protocol.version': '1.3',
    'tls.client.hash.sha256': fingerprint,
    'url.scheme': 'https',
    'tokenwatch.auth.result': 'accepted',
  });
  expect(full?.attributes['tls.client.subject']).toContain('CN=northwind-erp');
  expect(full?.attributes['tls.client.subject']).toContain('[mail]');
  expect(full?.attributes['tls.client.not_after']).toMatch(/^21\d\d-/);
  expect(certificateOnly?.attributes['tokenwatch.auth.result']).toBe('accepted');
  expect(bare?.attributes['tokenwatch.auth.result']).toBe('none');
  expect(bare?.attributes).not.toHaveProperty(['tls.client.hash.sha256']);
});
