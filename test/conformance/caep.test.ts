import { generateKeyPairSync } from 'node:crypto';
import { createLocalJWKSet, decodeProtectedHeader, exportJWK, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createNotifier } from '../../alerting/registry.ts';
import type { Attempt, Notifier } from '../../alerting/notifier.ts';
import { receiverSchema } from '../../config/receivers.ts';
import { MORNING } from '../support/finding.ts';
import { noticeOf } from '../support/notice.ts';
import { startFaultyHttp } from './faulty-servers.ts';
import type { FaultyServer } from './faulty-servers.ts';

const ISSUER = 'https://tokenwatch.example';
const AUDIENCE = 'https://issuer.example/ssf';
const EVENT = 'https://schemas.openid.net/secevent/caep/event-type/credential-change';

const KEYS = {
  EdDSA: generateKeyPairSync('ed25519'),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
} as const;
type Algorithm = keyof typeof KEYS;

let server: FaultyServer;

function notifierFor(algorithm: Algorithm, key = KEYS[algorithm].privateKey): Notifier {
  const receiver = receiverSchema.parse({
    ...{
      type: 'caep',
      url: `http://127.0.0.1:${String(server.port)}/`,
      allow_private_network: true,
    },
    ...{ issuer: ISSUER, audience: AUDIENCE, key_id: 'k1', algorithm, token: 'transmitter' },
    signing_key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  });
  return createNotifier('issuer', receiver, false);
}

function attempt(change: Partial<Attempt> = {}): Attempt {
  return {
    ...{ id: 'dlv_1', notice: noticeOf(), thread: '', number: 1, uncertain: false },
    ...{ at: MORNING, queuedAt: MORNING, signal: AbortSignal.timeout(2_000) },
    ...change,
  };
}

/** As a receiver would: the key from the transmitter's JWKS, by `kid`. */
async function verified(set: string, algorithm: Algorithm) {
  const jwk = await exportJWK(KEYS[algorithm].publicKey);
  const jwks = createLocalJWKSet({ keys: [{ ...jwk, kid: 'k1', alg: algorithm }] });
  const options = { issuer: ISSUER, audience: AUDIENCE, typ: 'secevent+jwt' };
  return jwtVerify(set, jwks, {
    ...options,
    algorithms: [algorithm],
    currentDate: new Date(MORNING),
  });
}

beforeAll(async () => {
  server = await startFaultyHttp({
    success: { status: 202, body: '' },
    refusal: { status: 400, body: '{"err":"invalid_audience","description":"not for us"}' },
  });
});

beforeEach(() => {
  server.mode = 'takes';
  server.taken.splice(0);
});

afterAll(async () => {
  await server.close();
});

describe('a Security Event Token', () => {
  it.each(Object.keys(KEYS) as Algorithm[])(
    'signed with %s is what CAEP and RFC 8417 ask for',
    async (algorithm) => {
      expect(await notifierFor(algorithm).send(attempt())).toMatchObject({ kind: 'sent' });
      const [taken] = server.taken;
      expect(taken?.headers).toMatchObject({
        'content-type': 'application/secevent+jwt',
        accept: 'application/json',
        authorization: 'Bearer transmitter',
      });
      const { payload, protectedHeader } = await verified(taken?.body ?? '', algorithm);
      expect(protectedHeader).toEqual({ alg: algorithm, typ: 'secevent+jwt', kid: 'k1' });
      // SSF 1.0, 4.1: the subject is `sub_id`, and a SET has neither `sub` nor `exp`.
      expect(Object.keys(payload).sort()).toEqual(['aud', 'events', 'iat', 'iss', 'jti', 'sub_id']);
      expect(payload).toMatchObject({ iat: MORNING / 1_000, jti: 'dlv_1' });
      expect(payload['sub_id']).toEqual({
        format: 'complex',
        session: { format: 'opaque', id: 'jti-1' },
        tenant: { format: 'opaque', id: 'acme-payments' },
      });
      const events = payload['events'] as Record<string, Record<string, unknown>>;
      expect(Object.keys(events)).toEqual([EVENT]);
      expect(events[EVENT]).toMatchObject({
        ...{ credential_type: expect.stringMatching(/./), change_type: 'revoke' },
        ...{ event_timestamp: MORNING / 1_000, initiating_entity: 'admin' },
        reason_admin: { en: 'stolen' },
      });
    },
  );

  it('is the same event on every attempt, and says when the policy itself decided', async () => {
    const notice = noticeOf();
    const order = notice.order === null ? null : { ...notice.order, approvedBy: 'program:policy' };
    const notifier = notifierFor('EdDSA');
    await notifier.send(attempt({ notice: { ...notice, order } }));
    await notifier.send(attempt({ notice: { ...notice, order }, number: 2, at: MORNING + 60_000 }));
    const [first, second] = server.taken.map(({ body }) => body);
    expect(second).toBe(first);
    const { payload } = await verified(first ?? '', 'EdDSA');
    expect(JSON.stringify(payload['events'])).toContain('"initiating_entity":"policy"');
  });

  it('does not verify once changed, for another audience, or with another key', async () => {
    await notifierFor('ES256').send(attempt());
    const set = server.taken[0]?.body ?? '';
    const [head = '', claims = '', signature = ''] = set.split('.');
    const other = Buffer.from(claims, 'base64url').toString().replace('acme-payments', 'somebody');
    const forged = `${head}.${Buffer.from(other).toString('base64url')}.${signature}`;
    await expect(verified(forged, 'ES256')).rejects.toThrow('signature');
    await expect(verified(set, 'EdDSA')).rejects.toThrow();
    expect(decodeProtectedHeader(set).typ).toBe('secevent+jwt');
  });

  it('that the receiver refuses says why in the words of RFC 8935; a key that does not fit is no crash', async () => {
    server.mode = 'refuses';
    expect(await notifierFor('ES256').send(attempt())).toEqual({
      ...{ kind: 'refused', why: 'HTTP 400: invalid_audience' },
    });
    expect(await notifierFor('RS256', KEYS.EdDSA.privateKey).send(attempt())).toEqual({
      ...{ kind: 'refused', why: 'the signing key cannot be used' },
    });
  });
});
