import { expect, test } from 'vitest';
import { normalEnvironment, readJwtClaims } from './jwt-claims.ts';

function jwt(payload: unknown): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(payload)}.c2lnbmF0dXJl`;
}

test('reads the claims of a JWT', () => {
  const claims = readJwtClaims(
    jwt({
      jti: 'a1',
      azp: 'ledger-sync',
      sub: 'user-7',
      env: 'PROD',
      iat: 1_700_000_000.9,
      exp: 1_800_000_000,
      scope: 'accounts:read  payments:write',
      amr: ['pwd', 'otp'],
      cnf: { 'x5t#S256': Buffer.alloc(32, 7).toString('base64url') },
    }),
  );
  expect(claims).toEqual({
    tokenId: 'a1',
    clientId: 'ledger-sync',
    subject: 'user-7',
    environment: 'production',
    issuedAt: 1_700_000_000,
    expiresAt: 1_800_000_000,
    scopes: ['accounts:read', 'payments:write'],
    methods: ['pwd', 'otp'],
    certificateSha256: '07'.repeat(32),
  });
});

test('client_id is believed before azp, scp may be an array, odd types count as absent', () => {
  const claims = readJwtClaims(
    jwt({ client_id: 'one', azp: 'two', scp: ['a', 3, 'b'], iat: 'yesterday', exp: 1e15, sub: 5 }),
  );
  expect(claims).toMatchObject({ clientId: 'one', scopes: ['a', 'b'], issuedAt: 0, expiresAt: 0 });
  expect(claims?.subject).toBe('');
});

test('anything else is not a JWT', () => {
  const broken = ['', 'opaque', 'eyJ', 'eyJ.', 'eyJ..x', 'eyJhIjoxfQ.%%%%.x', jwt([])];
  for (const token of [...broken, jwt({ a: 'x'.repeat(20_000) })]) {
    expect(readJwtClaims(token)).toBeNull();
  }
});

test('environments have one spelling', () => {
  expect(['Prod', 'live', ' stg ', 'staging', 'eu-1'].map(normalEnvironment)).toEqual([
    'production',
    'production',
    'staging',
    'staging',
    'eu-1',
  ]);
});
