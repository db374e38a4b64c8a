import type { Call } from '../../model/call.ts';
import { seeded, tokenNamed } from '../support/call-rows.ts';
import type { TestCall } from '../support/call-rows.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CLIENTS = 8;
const TOKENS = 4;
const DAYS = 5;

const random = seeded(8);

/** A pseudonym of 16 bytes by the name that a test gives a thing. */
const thing = (name: string): Call['objectHash'] =>
  tokenNamed(name).slice(0, 32) as Call['objectHash'];

/** An everyday call of a client's token. */
function usual(client: number, token: number, time: number): TestCall {
  return {
    time: Math.floor(time),
    tokenHash: tokenNamed(`client-${String(client)}/token-${String(token)}`),
    clientId: `client-${String(client)}`,
    ...{ service: 'accounts', environment: 'production', tokenEnvironment: 'production' },
    ...{ scope: 'accounts:read', method: 'GET', route: '/accounts/:id', status: 200 },
    ...{ country: client % 2 === 0 ? 'DE' : 'GB', asn: 3000 + client },
    ...{ networkKind: 'hosting' as const, authResult: 'accepted' as const, tlsVersion: '1.3' },
    objectType: 'account',
    objectHash: thing(`object ${String(client)} ${String(token)}`),
  };
}

/** Five days of a small bank, until an hour before a moment. */
export function pastOf(at: number): TestCall[] {
  const calls: TestCall[] = [];
  for (let client = 0; client < CLIENTS; client += 1) {
    for (let token = 0; token < TOKENS; token += 1) {
      for (let hour = at - DAYS * 24 * HOUR; hour < at - HOUR; hour += HOUR) {
        const many = 1 + Math.floor(random() * 4);
        for (let i = 0; i < many; i += 1)
          calls.push(usual(client, token, hour + random() * HOUR * 0.99));
      }
    }
  }
  return calls;
}

const times = (n: number, make: (i: number) => TestCall): TestCall[] =>
  Array.from({ length: n }, (_, i) => make(i));

/** One call each that is odd in one way. */
function oddities(client: number, at: number): TestCall[] {
  const base = usual(client, 0, at - 2_000);
  const name = String(client);
  const cert = { tokenCertificateSha256: tokenNamed(`cert ${name}`) };
  return [
    { ...base, tokenHash: tokenNamed(`expired ${name}`), tokenExpiresAt: (at - HOUR) / 1000 },
    { ...base, tokenHash: tokenNamed(`astray ${name}`), tokenEnvironment: 'staging' },
    { ...base, tokenHash: tokenNamed(`bare ${name}`), ...cert },
    { ...base, tokenHash: tokenNamed(`bound ${name}`), service: `ledger-${name}`, ...cert },
    { ...base, service: `old-${name}`, tlsVersion: '1.0' },
    // Its service reports certificates.
    { ...base, clientCertSha256: tokenNamed('any') },
    ...times(4, (i) => ({
      ...{ ...base, tokenHash: '' as const, clientId: '', service: 'open' },
      ...{ method: 'POST', route: `/v1/transfers/${name}`, authResult: 'none' as const },
      time: base.time + i,
    })),
    ...times(2, (i) => ({
      ...{ ...base, time: base.time + i, nonceHash: thing(`nonce ${name}`) },
      payloadHash: thing(`body ${String(i)}`),
    })),
  ];
}

/** Bursts: of a token, of a whole client, of refusals, of objects; and a thief with it all. */
function bursts(client: number, at: number): TestCall[] {
  const name = String(client);
  if (client % 4 === 0)
    return times(200, (i) => usual(client, 1, at - 40_000 + i * 150)).concat(
      times(8, (i) => ({
        ...usual(client, 2, at - 9_000 + i * 1_000),
        ...(i % 2 === 0 ? {} : { country: 'BR', asn: 28_573 }),
      })),
    );
  if (client % 4 === 1) return times(400, (i) => usual(client, i % TOKENS, at - 50_000 + i * 100));
  if (client % 4 === 2)
    return times(320, (i) => ({
      ...usual(client, 3, at - 50_000 + i * 100),
      ...{ status: 403, service: `cards-${name}`, ipHash: thing(`address ${name}`) },
      ...(i === 319 ? { status: 200 } : {}),
    }));
  return [
    ...times(40, (i) => ({
      ...usual(client, 2, at - 50_000 + i * 900),
      objectHash: thing(`walk ${name} ${String(i)}`),
    })),
    ...times(30, (i) => ({
      ...usual(client, 3, at - 20_000 + i * 300),
      ...{ country: 'SG', asn: 16_509 + (i % 4), userAgent: `agent ${String(i % 4)}` },
      ...{ scope: 'exports:write', route: '/exports', method: 'POST', amount: 9_000 },
    })),
  ];
}

/** What arrives in the two minutes around a moment: every kind of trouble, for each client one or two. */
export function presentOf(at: number): TestCall[] {
  const calls: TestCall[] = [];
  for (let client = 0; client < CLIENTS; client += 1)
    calls.push(...oddities(client, at), ...bursts(client, at));
  return calls.map((call) => ({ ...call, time: Math.floor(call.time), ingestedAt: at }));
}

/** A rule of one's own about exports, that tells of tokens or of clients. */
export function ruleOf(entity: 'token' | 'client'): string {
  return `
id: exports-of-a-${entity}
title: An export
severity: low
description: Somebody exports.
runbook: [Look at it.]
entity: ${entity}
condition: scope = 'exports:write'
message: 'an export by {client}'
tests:
  quiet: [{ name: a read, features: { scope: 'accounts:read' } }]
  firing: [{ name: an export, features: { scope: 'exports:write', client: acme } }]
`;
}
