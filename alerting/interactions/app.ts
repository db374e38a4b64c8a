import { createHash } from 'node:crypto';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { AlertingConfig } from '../../config/alerting.ts';
import type { Logger } from '../../config/logger.ts';
import type { Audit } from '../../store/audit/audit.ts';
import type { Db } from '../../store/db.ts';
import { appendEvents, readIncident } from '../../store/incidents/events.ts';
import { writeRevocationStop } from '../../store/responses/stop.ts';
import { writeSilence } from '../../store/silences/silences.ts';
import { auditOfEvents } from '../audit-words.ts';
import { recordSafely } from '../parts.ts';
import { actorOf, effectOf, readPress } from './press.ts';
import type { Press } from './press.ts';
import { createVerifier } from './verify.ts';

/** Slack gives up after 3 s; by then it must have its answer, whatever ClickHouse does. */
const ANSWER_WITHIN = 2_500;
const MAX_BODY = 256 * 1024;

export interface InteractionsOptions {
  db: Db;
  config: AlertingConfig['interactions'];
  audit: Audit;
  log: Logger;
  /** Epoch ms. */
  now: () => number;
}

/** Carries a press out; resolves with what became of it, in words. */
async function carryOut(press: Press, options: InteractionsOptions): Promise<string> {
  const { db, audit, log, now, config } = options;
  const incident = await readIncident(db, press.incidentId);
  if (incident === null) return 'no such incident';
  const actor = actorOf(press.user, config.people);
  const effect = effectOf(press, actor, incident, now());
  if (effect.kind === 'nothing') return effect.why;
  const records = auditOfEvents([effect.event]);
  if (effect.stops) {
    // First of all: what is on its way asks for it before its next attempt.
    const reason = `pressed in Slack on incident ${incident.id}`;
    await writeRevocationStop(db, { stopped: true, by: actor, reason, at: now() });
    records.push({
      actor,
      action: 'revocation.stopped',
      subject: 'revocation',
      detail: { reason },
    });
  }
  if (effect.silence !== null) await writeSilence(db, effect.silence, now());
  await appendEvents(db, [effect.event]);
  await recordSafely(audit, records, log);
  return 'done';
}

/** Resolves true when `work` ends in time, false when it goes on behind the answer. */
async function inTime(work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ANSWER_WITHIN);
  });
  const ended = await Promise.race([work.then(() => true as const), late]);
  clearTimeout(timer);
  return ended;
}

/**
 * Takes Slack's button presses at `/slack/interactions`. Each is verified, judged once, carried out
 * as an event on its incident and recorded; what is forged, stale, replayed or not allowed is
 * refused with 401 or 403 and recorded as well.
 */
export function createInteractions(options: InteractionsOptions): FastifyInstance {
  const { config, audit, log, now } = options;
  const verifier = createVerifier(config.signing_secrets);
  const app = fastify({ bodyLimit: MAX_BODY, forceCloseConnections: true, requestTimeout: 5_000 });
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, body),
  );
  const refuse = (actor: string, why: string): void => {
    log.warn({ why }, 'a Slack request was refused');
    const record = { actor, action: 'slack.refused', subject: 'slack', detail: { why } };
    void recordSafely(audit, [record], log);
  };
  app.post('/slack/interactions', async (request, reply) => {
    const body = typeof request.body === 'string' ? request.body : '';
    const timestamp = request.headers['x-slack-request-timestamp'];
    const signature = request.headers['x-slack-signature'];
    const verdict = verifier.verify(
      {
        ...(typeof timestamp === 'string' ? { timestamp } : {}),
        ...(typeof signature === 'string' ? { signature } : {}),
      },
      body,
      now(),
    );
    if (!verdict.ok) {
      refuse('unknown', verdict.why);
      return reply.code(401).send({ error: verdict.why });
    }
    const key = createHash('sha256').update(String(signature)).digest('hex').slice(0, 32);
    const press = readPress(body, key);
    if (press === null) return reply.code(400).send({ error: 'not a press of our buttons' });
    if (config.users.length > 0 && !config.users.includes(press.user)) {
      refuse(`slack:${press.user}`, 'not allowed to press buttons');
      return reply.code(403).send({ error: 'not allowed' });
    }
    const work = carryOut(press, options).then((result) => {
      log.info(
        { action: press.action, incident: press.incidentId, result },
        'a button was pressed',
      );
    });
    work.catch((error: unknown) => log.error({ err: error }, 'a press could not be carried out'));
    await inTime(work);
    return reply.code(200).send();
  });
  return app;
}
