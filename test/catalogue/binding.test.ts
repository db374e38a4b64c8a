// Stories of compromised keys: what a token is bound to, how and when it came. Real OTLP in, incidents out.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OTEL, TW } from '../../model/attributes.ts';
import type { Finding } from '../../model/finding.ts';
import { registerToken } from '../../store/console/token-registry.ts';
import type { Value } from '../collector/otlp-body.ts';
import { hashOf, openStage } from './stage.ts';
import type { Stage } from './stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CERT = 'c1'.repeat(32);
const OTHER = 'c2'.repeat(32);
/** Addresses with known networks: Deutsche Telekom and one of Brazil. */
const HOME_IP = '79.192.10.20';
const ABROAD_IP = '200.147.35.149';

let stage: Stage;
beforeAll(async () => {
  const lists = [
    { client: 'listed', addresses: ['79.192.0.0/10', '2003:c0::/28'] },
    { client: 'unused-list', addresses: ['192.0.2.0/24'] },
  ];
  stage = await openStage({}, { TOKENWATCH_COLLECTOR_ALLOWED_ADDRESSES: JSON.stringify(lists) });
});
afterAll(async () => {
  await stage.close();
});

const idsOf = (findings: readonly Finding[], token: string): string[] =>
  findings
    .filter((one) => one.tokenHash === hashOf(token) && one.family === 'binding')
    .map((one) => one.detection);

/** Detections about bindings in the incidents of a token or name. */
async function brokenBy(of: string): Promise<string[]> {
  const incidents = await stage.incidents(of);
  return incidents.flatMap((one) => one.detections).filter((id) => id.startsWith('binding.'));
}

it('a bound token without its certificate, or with another, is found at the first call', async () => {
  const bound = { [TW.tokenCertificateSha256]: CERT };
  await stage.serve([
    { token: 'good', attributes: { ...bound, [OTEL.tlsClientHash]: CERT } },
    { token: 'bare', attributes: bound },
    { token: 'swapped', attributes: { ...bound, [OTEL.tlsClientHash]: OTHER } },
    { token: 'refused', status: 401, attributes: bound },
    { token: 'elsewhere', service: 'ledger', attributes: bound },
  ]);
  await stage.settle();
  const [bare] = await stage.incidents(hashOf('bare'));
  expect(bare?.severity).toBe('critical');
  expect(bare?.detections).toContain('binding.certificate-missing');
  const [swapped] = await stage.incidents(hashOf('swapped'));
  expect(swapped?.detections).toContain('binding.certificate-changed');
  expect(await brokenBy(hashOf('good'))).toEqual([]);
  expect(await brokenBy(hashOf('refused'))).toEqual([]);
  // A service that reports no certificates at all is one incident, not one of each token.
  expect(await brokenBy(hashOf('elsewhere'))).toEqual([]);
  const [ledger] = await stage.incidents('ledger');
  expect(ledger?.detections).toEqual(['binding.certificate-missing']);
});

it('an unbound token that always came with one certificate comes with another; a renewal is told once', async () => {
  const now = Date.now();
  const withCert = (token: string, cert: string, time = now) => ({
    ...{ token, time, attributes: { [OTEL.tlsClientHash]: cert } },
  });
  const past = Array.from({ length: 30 }, (_, i) => now - 5 * DAY + i * 60_000);
  await stage.serve([
    ...past.map((time) => withCert('steady', 'd1'.repeat(32), time)),
    withCert('steady', 'd2'.repeat(32)),
    ...past.map((time) => withCert('renewed', 'e1'.repeat(32), time)),
    ...past.map((time) => withCert('sibling', 'e2'.repeat(32), time)),
    withCert('renewed', 'e2'.repeat(32)),
  ]);
  const found = await stage.look();
  expect(idsOf(found, 'steady')).toEqual(['binding.certificate-changed']);
  expect(idsOf(found, 'renewed')).toEqual([]);
});

it('what an issuer registered binds as well: certificate and networks', async () => {
  const nothing = {
    ...{ clientId: 'acme', environment: '', grantedScopes: [], issuedAt: 0, expiresAt: 0 },
    ...{ revokedAt: 0, registeredBy: 'person:test', clientCertSha256: '', allowedNetworks: [] },
  };
  const { db } = stage.store;
  const facts = [
    ['reg-cert', { clientCertSha256: CERT }],
    ['reg-net', { allowedNetworks: ['AS3320'] as string[] }],
    ['reg-home', { allowedNetworks: ['AS3320'] as string[] }],
  ] as const;
  for (const [token, fact] of facts) {
    await registerToken(db, { ...nothing, ...fact, tokenHash: hashOf(token) }, Date.now());
  }
  await stage.serve([
    { token: 'reg-cert' },
    { token: 'reg-net', attributes: { [OTEL.clientAddress]: ABROAD_IP } },
    { token: 'reg-home', attributes: { [OTEL.clientAddress]: HOME_IP } },
  ]);
  const found = await stage.look();
  expect(idsOf(found, 'reg-cert')).toEqual(['binding.certificate-missing']);
  expect(idsOf(found, 'reg-net')).toContain('binding.network-not-allowed');
  expect(idsOf(found, 'reg-home')).not.toContain('binding.network-not-allowed');
});

it('an address outside the allow-list of the client is found at the first call, IPv4 and IPv6', async () => {
  const from = (token: string, address: string, more: object = {}) => ({
    ...{ token, client: 'listed', attributes: { [OTEL.clientAddress]: address } },
    ...more,
  });
  const outside = 'binding.address-not-allowed';
  await stage.serve([
    from('in-v4', HOME_IP),
    from('in-v6', '2003:c1::7'),
    from('out-v4', ABROAD_IP),
    from('out-v6', '2003:d0::1'),
    from('out-refused', ABROAD_IP, { status: 403 }),
    from('no-list', ABROAD_IP, { client: 'free' }),
    { token: 'no-address', client: 'listed' },
  ]);
  await stage.settle();
  const [incident] = await stage.incidents(hashOf('out-v4'));
  expect(incident).toMatchObject({ severity: 'high', clientId: 'listed' });
  expect(incident?.detections).toContain(outside);
  expect(incident?.explanation).toMatch(
    /^1 accepted call from 1 address outside the allow-list of listed \(AS\d+ and Brazil \(BR\)\)/,
  );
  // The address itself is in nothing that is kept.
  expect(JSON.stringify(incident)).not.toContain(ABROAD_IP);
  expect(await brokenBy(hashOf('out-v6'))).toEqual([outside]);
  for (const quiet of ['in-v4', 'in-v6', 'out-refused', 'no-list', 'no-address']) {
    expect(await brokenBy(hashOf(quiet))).not.toContain(outside);
  }
  const rows = await stage.calls("client_id = 'listed' AND address_allowed != 'unasked'");
  expect(rows.map((row) => row['address_allowed']).sort()).toEqual([
    ...['inside', 'inside', 'outside', 'outside', 'outside'],
  ]);
});

it('weak TLS and plain HTTP are one incident of the service each, private addresses aside', async () => {
  const old = (version: string) => ({ [OTEL.tlsVersion]: version, [OTEL.clientAddress]: HOME_IP });
  const plain = (address: string) => ({ [OTEL.scheme]: 'http', [OTEL.clientAddress]: address });
  await stage.serve([
    ...[1, 2, 3].map((i) => ({ token: `t${i}`, service: 'old', attributes: old('1.1') })),
    { token: 't4', service: 'new', attributes: old('1.3') },
    ...[5, 6].map((i) => ({ token: `t${i}`, service: 'open', attributes: plain(HOME_IP) })),
    { token: 't7', service: 'behind', attributes: plain('10.0.0.7') },
  ]);
  await stage.settle();
  const [weak, ...more] = await stage.incidents('old');
  expect(more).toEqual([]);
  expect(weak?.detections).toEqual(['binding.weak-tls']);
  expect(weak?.explanation).toMatch(/3 calls answered over TLS 1\.1/);
  const [open] = await stage.incidents('open');
  expect(open?.detections).toEqual(['binding.plain-http']);
  expect([...(await brokenBy('new')), ...(await brokenBy('behind'))]).toEqual([]);
});

it('a sensitive scope without a second factor', async () => {
  const login = (methods: string[], scope: string) => ({
    ...{ [TW.authMethods]: methods, [TW.scope]: scope },
  });
  await stage.serve([
    { token: 'one-factor', attributes: login(['pwd'], 'payments:write') },
    { token: 'two-factors', attributes: login(['pwd', 'otp'], 'payments:write') },
    { token: 'reader', attributes: login(['pwd'], 'accounts:read') },
    { token: 'program', attributes: { [TW.scope]: 'payments:write' } },
  ]);
  const found = (await stage.look()).filter((one) => one.family === 'authorization');
  expect(found.map((one) => [one.detection, one.tokenHash])).toEqual([
    ['authorization.missing-second-factor', hashOf('one-factor')],
  ]);
});

it('requests that state a time long past and are let pass are one incident, not one a call', async () => {
  const now = Date.now();
  const stating = (token: string, said: Value, status = 200) => ({
    ...{ token, status, time: now, method: 'POST', route: '/transfers' },
    attributes: { [TW.requestTimestamp]: said },
  });
  const seconds = (ago: number): number => Math.floor((now - ago) / 1000);
  const signed = new Date(now - HOUR).toISOString().replace(/[-:]|\.\d+/g, '');
  await stage.serve([
    ...Array.from({ length: 12 }, () => stating('recorded', seconds(2 * HOUR))),
    stating('recorded', seconds(1_000)),
    {
      ...{ token: 'signed', time: now },
      attributes: { [`${OTEL.requestHeader}x-amz-date`]: [signed] },
    },
    stating('skewed', seconds(-20 * MINUTE)),
    stating('fresh', seconds(3 * MINUTE)),
    stating('refused', seconds(2 * HOUR), 401),
    stating('garbled', 'yesterday'),
  ]);
  await stage.settle();
  const [recorded, ...more] = await stage.incidents(hashOf('recorded'));
  expect(more).toEqual([]);
  expect(recorded).toMatchObject({ findings: 1, detections: ['replay.stale-timestamp'] });
  expect(recorded?.explanation).toMatch(
    /12 accepted calls of 13 that state a time state one up to 2 h before they came/,
  );
  const told = async (token: string) =>
    (await stage.incidents(hashOf(token))).flatMap((one) => one.detections);
  expect(await told('signed')).toEqual(['replay.stale-timestamp']);
  expect(await told('skewed')).toEqual(['replay.stale-timestamp']);
  for (const quiet of ['fresh', 'refused', 'garbled']) {
    expect(await told(quiet)).not.toContain('replay.stale-timestamp');
  }
});
