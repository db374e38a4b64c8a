import type { Alerting } from '../../alerting/app.ts';
import type { Finding } from '../../model/finding.ts';
import type { TokenHash } from '../../model/hash.ts';
import type { Incident } from '../../model/incident.ts';
import type { IncidentChange } from '../../model/incident-event.ts';
import { writeFindings } from '../../store/findings/findings.ts';
import { appendEvents, readIncident } from '../../store/incidents/events.ts';
import { listIncidents } from '../../store/incidents/snapshots.ts';
import { startFaultyHttp } from '../conformance/faulty-servers.ts';
import type { FaultyServer } from '../conformance/faulty-servers.ts';
import { alertingOn, configWith, roundsUntil } from './alerting.ts';
import { tokenNamed } from './call-rows.ts';
import { findingOf } from './finding.ts';
import { openTestStore } from './test-store.ts';
import type { TestStore } from './test-store.ts';

const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

/** What the issuer is asked for. */
export interface Demand {
  token_hash: string;
  requested_by: string;
  approved_by: string;
}

/** A store, an issuer that may misbehave, and a clock that a test turns; clients are named as tokens. */
export class RevocationWorld {
  readonly store: TestStore;
  readonly issuer: FaultyServer;
  /** Epoch ms. */
  clock = Date.now();

  private constructor(store: TestStore, issuer: FaultyServer) {
    this.store = store;
    this.issuer = issuer;
  }

  static async open(): Promise<RevocationWorld> {
    const success = { status: 202, body: '' };
    const issuer = await startFaultyHttp({ success, refusal: { status: 400, body: '' } });
    return new RevocationWorld(await openTestStore(), issuer);
  }

  /** Two hours later, with an issuer in good order that has seen nothing yet. */
  refresh(): void {
    this.clock += 2 * 3_600_000;
    this.issuer.mode = 'takes';
    this.issuer.taken.splice(0);
  }

  demands(): Demand[] {
    return this.issuer.taken.map(({ body }) => (JSON.parse(body) as { data: Demand }).data);
  }

  /** Runs alerting under a policy, then stops it: what is kept goes on under the next one. */
  async under(
    revocation: Record<string, unknown>,
    run: (alerting: Alerting) => Promise<void>,
  ): Promise<void> {
    const url = `http://127.0.0.1:${String(this.issuer.port)}/`;
    const issuer = {
      ...{ type: 'revocation', url, secrets: [SECRET] },
      ...{ allow_private_network: true, timeout: '300ms' },
    };
    const config = configWith(this.store.dataDir, { receivers: { issuer }, revocation });
    const alerting = alertingOn(this.store, config, () => this.clock);
    await alerting.begin();
    try {
      await run(alerting);
    } finally {
      await alerting.stop(1_000);
    }
  }

  async find(name: string, change: Partial<Finding> = {}): Promise<void> {
    const { clock } = this;
    await writeFindings(this.store.db, [
      findingOf({
        ...{ id: `finding of ${name} ${change.detection ?? ''}`, clientId: name },
        tokenHash: tokenNamed(name) satisfies TokenHash,
        ...{ windowStart: clock - 60_000, windowEnd: clock, firstCallAt: clock - 2_000 },
        ...{ detectedAt: clock, ...change },
      }),
    ]);
  }

  async incidentOf(name: string): Promise<Incident> {
    const [row] = await listIncidents(this.store.db, { clientId: name });
    const incident = row === undefined ? null : await readIncident(this.store.db, row.id);
    if (incident === null) throw new Error(`there is no incident of ${name}`);
    return incident;
  }

  async opened(alerting: Alerting, name: string): Promise<void> {
    await this.find(name);
    const there = async (): Promise<boolean> =>
      (await listIncidents(this.store.db, { clientId: name })).length > 0;
    await roundsUntil(alerting, there);
  }

  async act(name: string, actor: string, change: IncidentChange): Promise<void> {
    const incident = await this.incidentOf(name);
    const at = Math.max(this.clock, incident.updatedAt + 1);
    const id = `${incident.id}:${actor}:${change.kind}:${String(at)}`;
    await appendEvents(this.store.db, [{ id, incidentId: incident.id, at, actor, ...change }]);
  }

  async ask(name: string, actor = 'person:ada'): Promise<void> {
    const kind = 'response_requested';
    await this.act(name, actor, { kind, response: 'revocation', reason: 'stolen' });
  }

  async approve(name: string, actor: string): Promise<void> {
    await this.act(name, actor, { kind: 'response_approved', response: 'revocation' });
  }

  async untilResponse(
    alerting: Alerting,
    name: string,
    state: Incident['response'],
  ): Promise<Incident> {
    const rows = async () => listIncidents(this.store.db, { clientId: name });
    await roundsUntil(alerting, async () => (await rows())[0]?.response === state);
    return this.incidentOf(name);
  }

  async close(): Promise<void> {
    await this.issuer.close();
    await this.store.close();
  }
}
