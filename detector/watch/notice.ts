import { createHash } from 'node:crypto';
import type { DetectionCard, Noticed } from '../detection.ts';
import { stepOf } from '../certain.ts';
import type { Entity } from '../findings.ts';
import type { OpenNotice } from '../judge/judged.ts';

/** A token and the client that used it. */
export function tokenEntity(tokenHash: string, clientId: string): Entity {
  return { kind: 'token', key: tokenHash, tokenHash, clientId };
}

const keyOf = (name: string): string => createHash('sha256').update(name).digest('hex');

/** A client. */
export function clientEntity(clientId: string): Entity {
  return { kind: 'client', key: keyOf(clientId), tokenHash: '', clientId };
}

/** An endpoint: `payments GET /v1/refunds`. */
export function endpointEntity(service: string, method: string, route: string): Entity {
  const name = `${service} ${method} ${route}`;
  return { kind: 'endpoint', key: keyOf(name), tokenHash: '', clientId: '', name };
}

/** A service. */
export function serviceEntity(name: string): Entity {
  return { kind: 'service', key: keyOf(name), tokenHash: '', clientId: '', name };
}

interface NoticeParts {
  detection: DetectionCard;
  entity: Entity;
  noticed: Noticed | null;
  /** Event time of the call that decided it, epoch ms. */
  decidedAt: number;
  /** Calls so far, where growth, and what goes on another day, is told again; else it is told once. */
  calls?: number;
  /** In place of both; `'daily'` where it is told again on another day (UTC). */
  moment?: string | number;
}

const DAY = 86_400_000;

function momentOf({ moment, calls, decidedAt }: NoticeParts): string | number {
  const day = Math.floor(decidedAt / DAY);
  if (moment === 'daily') return day;
  if (moment !== undefined) return moment;
  return calls === undefined ? 'once' : `${String(day)} step ${String(stepOf(calls))}`;
}

/** The notice in a list, or an empty list where nothing was noticed. */
export function noticesOf(parts: NoticeParts): OpenNotice[] {
  const { detection, entity, noticed, decidedAt } = parts;
  if (noticed === null) return [];
  return [{ detection, entity, noticed, moment: momentOf(parts), decidedAt }];
}
