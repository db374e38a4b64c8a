import { OTEL, TW } from '../../model/attributes.ts';
import { hashToken } from '../../model/hash.ts';
import { otlpBody } from '../collector/otlp-body.ts';

/** What the collector said of one request. */
export interface Sent {
  id: number;
  acknowledged: boolean;
  /** A token minted for staging, seen in production: one incident is expected of it. */
  isAttack: boolean;
}

/** Every so many calls one is an attack. */
const ATTACK_EVERY = 10;

/** The victim of an attack has a client of its own: no campaign folds them together. */
export function clientOf(id: number): string {
  return `victim-${String(id)}`;
}

/**
 * Sends one call. Nothing is sent twice: a call whose answer was lost may be stored, and an
 * acknowledged one must be, once.
 */
export async function sendCall(url: string, id: number, pepper: string): Promise<Sent> {
  const isAttack = id % ATTACK_EVERY === 0;
  const attributes = {
    [OTEL.method]: 'GET',
    [OTEL.route]: '/accounts',
    [OTEL.status]: 200,
    [TW.tokenHash]: hashToken(pepper, isAttack ? `stolen-${String(id)}` : `t-${String(id % 7)}`),
    [TW.tokenId]: `call-${String(id)}`,
    [TW.tokenEnvironment]: isAttack ? 'staging' : 'production',
    [TW.clientId]: isAttack ? clientOf(id) : 'acme',
    [TW.authResult]: 'accepted',
  };
  const body = otlpBody([{ attributes }], {
    [OTEL.serviceName]: 'faults',
    [OTEL.environment]: 'production',
  });
  const acknowledged = await fetch(`${url}/v1/traces`, {
    ...{ method: 'POST', body: new Uint8Array(body), signal: AbortSignal.timeout(20_000) },
    headers: { 'Content-Type': 'application/x-protobuf', Connection: 'close' },
  }).then(
    (response) => response.ok,
    () => false,
  );
  return { id, acknowledged, isAttack };
}
