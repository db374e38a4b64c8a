/** A CloudTrail attack lab: labelled steps by tools, no quiet history before them. */
import { z } from 'zod';
import { emptyCall } from '../../model/call.ts';
import type { Call } from '../../model/call.ts';
import { hashToken, pseudonym } from '../../model/hash.ts';
import { CallBlock, appendCall } from '../../store/calls/call-block.ts';
import { insertCallBlock } from '../../store/calls/insert-calls.ts';
import type { Db } from '../../store/db.ts';
import { jsonLines } from './real-data.ts';
import type { Alarm } from './score.ts';

const PEPPER = 'a pepper for benchmarks only';
const MINUTE = 60_000;

const labLine = z.object({
  time: z.iso.datetime().transform((text) => Date.parse(text)),
  ...{ token: z.string(), client: z.string(), method: z.string(), route: z.string() },
  ...{ scope: z.string(), ip: z.string().optional(), user_agent: z.string() },
  ...{ status: z.int(), environment: z.string(), label: z.string() },
});
type LabLine = z.infer<typeof labLine>;

/** One attack technique as the tool ran it: the calls of one user agent on one key. */
export interface Step {
  tokenHash: string;
  token: string;
  /** The routes that it called, the first few. */
  routes: string[];
  first: number;
  last: number;
  calls: number;
}

export interface Lab {
  from: number;
  until: number;
  calls: number;
  tokens: number;
  steps: Step[];
  /** Keys with attack calls. */
  attacked: Set<string>;
  names: Map<string, string>;
}

function asCall(line: LabLine): Call {
  return {
    ...emptyCall(line.time, 'import'),
    ...{ tokenHash: hashToken(PEPPER, line.token), clientId: line.client },
    ...{ method: line.method, route: line.route, scope: line.scope, status: line.status },
    service: line.scope.split(':')[0] ?? '',
    ...{ environment: line.environment, userAgent: line.user_agent },
    authResult: line.status === 401 ? 'rejected' : 'accepted',
    ipHash: line.ip === undefined ? '' : pseudonym(PEPPER, 'ip', line.ip),
    // All of the lab's addresses are private: no country and no network is known.
    networkKind: line.ip === undefined ? 'unknown' : 'private',
  };
}

/** Loads the lab's calls, without their labels, which are returned. */
export async function loadLab(db: Db, file: string): Promise<Lab> {
  const block = new CallBlock();
  const steps = new Map<string, Step>();
  const names = new Map<string, string>();
  let [from, until] = [Infinity, 0];
  for await (const json of jsonLines(file)) {
    const line = labLine.parse(json);
    const call = asCall(line);
    appendCall(block, call);
    names.set(call.tokenHash, line.token);
    from = Math.min(from, line.time);
    until = Math.max(until, line.time + 1);
    if (line.label.startsWith('attack')) addToStep(steps, line, call.tokenHash);
  }
  await insertCallBlock(db, block.encode(), 'cloudtrail-lab');
  const list = [...steps.values()].sort((a, b) => a.first - b.first);
  const attacked = new Set(list.map((step) => step.tokenHash));
  return { from, until, calls: block.rows, tokens: names.size, steps: list, attacked, names };
}

function addToStep(steps: Map<string, Step>, line: LabLine, tokenHash: string): void {
  const key = `${line.token} ${line.user_agent}`;
  const known = steps.get(key);
  if (known === undefined) {
    const { token, time } = line;
    const routes = [line.route];
    steps.set(key, { tokenHash, token, routes, first: time, last: time, calls: 1 });
    return;
  }
  known.first = Math.min(known.first, line.time);
  known.last = Math.max(known.last, line.time);
  known.calls += 1;
  if (known.routes.length < 3 && !known.routes.includes(line.route)) known.routes.push(line.route);
}

export interface LabResult {
  steps: { step: Step; detections: string[] }[];
  /** Alarms on keys that no attack used. */
  elsewhere: Alarm[];
  keysFound: number;
}

/**
 * Which steps were noticed: something was said of their key from their first call to ten minutes
 * after their last. Pure.
 */
export function judgeLab(lab: Lab, alarms: readonly Alarm[]): LabResult {
  const within = (alarm: Alarm, step: Step): boolean =>
    alarm.tokenHash === step.tokenHash &&
    alarm.at >= step.first &&
    alarm.at <= step.last + 10 * MINUTE;
  const found = new Set(alarms.map((alarm) => alarm.tokenHash));
  return {
    steps: lab.steps.map((step) => ({
      step,
      detections: [
        ...new Set(alarms.filter((alarm) => within(alarm, step)).map((alarm) => alarm.detection)),
      ],
    })),
    elsewhere: alarms.filter((alarm) => !lab.attacked.has(alarm.tokenHash)),
    keysFound: [...lab.attacked].filter((hash) => found.has(hash)).length,
  };
}
