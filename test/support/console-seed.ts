import { CATALOGUE } from '../../detector/registry.ts';
import { emptyCall } from '../../model/call.ts';
import type { Finding } from '../../model/finding.ts';
import type { TokenHash } from '../../model/hash.ts';
import { entityKeyOf, incidentId } from '../../model/incident.ts';
import type { IncidentChange, IncidentEvent } from '../../model/incident-event.ts';
import { CallBlock, appendCall } from '../../store/calls/call-block.ts';
import { insertCallBlock } from '../../store/calls/insert-calls.ts';
import type { Db } from '../../store/db.ts';
import { writeDeliveries } from '../../store/deliveries/deliveries.ts';
import { writeCatalogue } from '../../store/detection/catalogue.ts';
import { writeDocumented } from '../../store/detection/endpoints.ts';
import { writeFindings } from '../../store/findings/findings.ts';
import { appendEvents } from '../../store/incidents/events.ts';
import { findingOf } from './finding.ts';

const MINUTE = 60_000;

export function tokenOf(n: number): TokenHash {
  return (n * 2_654_435_761).toString(16).padStart(8, '7').repeat(8).slice(0, 64) as TokenHash;
}

/** Names that would hurt a page which took them for anything but text. */
export const HOSTILE = {
  script: '<script>window.__hurt=1</script><img src=x onerror="window.__hurt=1">',
  reversed: 'acme\u202Egnp.exe\u2066 \u200Bhidden',
  long: 'A very long name '.repeat(600),
};

type Change = Partial<Finding>;

/** Believable findings of several kinds, newest first. */
export const EXAMPLES: Change[] = [
  {
    title: 'Far more calls than usual',
    severity: 'critical',
    score: 96,
    bits: 61,
    detection: 'volume.surge',
    clientId: 'northwind-treasury',
    service: 'payments',
  },
  {
    title: 'Token used from a country never seen before',
    severity: 'high',
    score: 84,
    bits: 27,
    family: 'geography',
    detection: 'geography.new-country',
    clientId: 'blue-harbour-pay',
    service: 'accounts',
    calls: 38,
    explanation:
      'First calls from Brazil (BR); in 41 days this token was only seen from Germany and France, and none of the client’s 12 other tokens was ever seen in Brazil.',
    evidence: {
      value: 'BR',
      seen: 'Brazil (BR)',
      usual: 'Germany (DE), France (FR)',
      facts: {
        network: 'AS28573 hosting',
        routes: ['/accounts/:id', '/accounts/:id/transactions'],
      },
      traceIds: ['0af7651916cd43dd8448eb211c80319c'],
    },
  },
  {
    title: 'Staging token accepted in production',
    severity: 'critical',
    score: 91,
    bits: 40,
    family: 'environment',
    detection: 'environment.mismatch',
    clientId: 'ledgerline-qa',
    service: 'payments',
    calls: 3,
    explanation:
      'A token minted for staging was accepted by payments in production. That has never been approved for this token.',
    evidence: { value: 'production', seen: 'production', usual: 'staging', unit: 'environment' },
  },
  {
    title: 'First use of the scope payments:write',
    severity: 'medium',
    score: 58,
    bits: 14,
    family: 'scope',
    detection: 'scope.first-use',
    clientId: 'kestrel-insights',
    service: 'payments',
    calls: 6,
    explanation:
      'Used payments:write for the first time in 63 days of reading only; none of the client’s other tokens uses it. The token was granted it.',
    evidence: {
      value: 'payments:write',
      seen: 'payments:write',
      usual: 'accounts:read, reports:read',
    },
  },
  {
    title: 'Accepted after it expired',
    severity: 'high',
    score: 79,
    bits: 30,
    family: 'lifecycle',
    detection: 'lifecycle.expired-accepted',
    clientId: 'oakbridge-erp',
    service: 'reports',
    calls: 112,
    explanation: 'Expired 6 h ago and is still accepted by reports: 112 calls since then.',
    evidence: {
      seen: '6 h after expiry',
      usual: 'rejected',
      facts: { expired: '2026-11-22 04:00' },
    },
  },
  {
    title: 'One token from three networks at once',
    severity: 'low',
    score: 34,
    bits: 9,
    family: 'sharing',
    detection: 'sharing.networks',
    clientId: 'pinewood-payroll',
    service: 'accounts',
    calls: 57,
    explanation: 'Calls from 3 networks within 10 min; usual 1.',
    evidence: { seen: 3, usual: { low: 1, high: 1 }, threshold: 2, unit: 'networks in 10 min' },
  },
];

/** What is about no token: an endpoint, and a service. */
const PLACES: Change[] = [
  {
    ...{ entity: 'endpoint', name: 'payments GET /v1/refunds/export', clientId: '' },
    ...{
      title: 'A sensitive route answered without a token',
      severity: 'high',
      score: 73,
      bits: 24,
    },
    ...{ family: 'authorization', detection: 'authorization.open-route', service: 'payments' },
    explanation:
      'GET /v1/refunds/export answered 14 calls with 200 that carried no token; it never did before.',
    evidence: { seen: 14, usual: { low: 0, high: 0 }, unit: 'calls without a token' },
  },
  {
    ...{ entity: 'service', name: 'reports', clientId: '', service: 'reports' },
    ...{ title: 'A service has fallen silent', severity: 'medium', score: 41, bits: 18 },
    ...{ family: 'volume', detection: 'volume.silence' },
    explanation: 'No call from reports for 25 min; usual at this hour 140 to 260 in 5 min.',
    evidence: { seen: 0, usual: { low: 140, high: 260 }, unit: 'calls in 5 min' },
  },
];

/** What the services' OpenAPI files say: one endpoint as it is called, one that nobody calls, one that is old. */
const DOCUMENTED = [
  { service: 'payments', method: 'POST', route: '/payments', common: '/payments' },
  { service: 'payments', method: 'DELETE', route: '/payments/{id}', common: '/payments/{}' },
  { service: 'accounts', method: 'GET', route: '/accounts/{id}', common: '/accounts/{}' },
].map((one, n) => ({ ...one, deprecated: n === 2 }));

interface SeedOptions {
  /** Epoch ms: the newest incident is a minute old then. */
  now: number;
  /** Further incidents, made up from the examples. */
  more?: number;
}

interface Seeded {
  /** Incident ids, in the order of EXAMPLES; hostile ones follow, then an endpoint's and a service's. */
  ids: string[];
}

function eventsOf(finding: Finding, at: number): IncidentEvent[] {
  const id = incidentId(entityKeyOf(finding), '');
  const program = { incidentId: id, actor: 'program:alerting' };
  const { entity, tokenHash, clientId, name = '' } = finding;
  return [
    { ...program, id: `${id}:o`, at, kind: 'opened', entity, tokenHash, clientId, name },
    { ...program, id: `${id}:f`, at: at + 1, kind: 'finding_added', finding },
  ];
}

function placed(change: Change, n: number, now: number): Finding {
  const end = Math.floor((now - (n % 600) * 7 * MINUTE) / MINUTE) * MINUTE - MINUTE;
  return findingOf({
    id: `finding-${String(n)}`,
    tokenHash: change.name === undefined ? tokenOf(n + 1) : '',
    windowStart: end - 5 * MINUTE,
    windowEnd: end,
    firstCallAt: end - 4 * MINUTE,
    detectedAt: end + 2_000,
    ...change,
  });
}

async function seedCalls(db: Db, finding: Finding): Promise<void> {
  const block = new CallBlock();
  const call = (time: number, n: number, hostile: boolean): void => {
    appendCall(block, {
      ...emptyCall(time, 'otlp'),
      tokenHash: finding.tokenHash,
      clientId: finding.clientId,
      service: finding.service,
      environment: 'production',
      method: n % 4 === 0 ? 'POST' : 'GET',
      route: n % 4 === 0 ? '/payments' : '/accounts/:id/transactions',
      scope: n % 4 === 0 ? 'payments:write' : 'accounts:read',
      status: hostile && n % 9 === 0 ? 403 : 200,
      authResult: 'accepted',
      country: hostile ? 'RO' : 'DE',
      asn: hostile ? 9009 : 3320,
      networkKind: hostile ? 'hosting' : 'residential',
      userAgent: hostile ? 'python-requests/2.32' : 'northwind-batch/4.1',
      traceId: n.toString(16).padStart(32, '0'),
      grantedScopes: ['accounts:read', 'payments:write', 'reports:read'],
    });
  };
  for (let step = 1; step <= 60; step++) {
    const usual = 8 + Math.round(6 * Math.sin(step / 5)) + (step % 4);
    const start = finding.windowStart - step * 5 * MINUTE;
    for (let n = 0; n < usual; n++) call(start + n * 17_000, n, false);
  }
  for (let n = 0; n < finding.calls; n++) {
    call(finding.windowStart + MINUTE + Math.floor((n * 4 * MINUTE) / finding.calls), n, true);
  }
  await insertCallBlock(db, block.encode(), `seed-${finding.id}`);
}

/** A token at home in two countries, and then in a third. */
async function seedJourney(db: Db, finding: Finding): Promise<void> {
  const block = new CallBlock();
  for (let n = 0; n < 300; n++) {
    const abroad = n >= 262;
    const home = n % 5 === 0 ? 'FR' : 'DE';
    appendCall(block, {
      ...emptyCall(
        abroad
          ? finding.firstCallAt + (n - 262) * 5_000
          : finding.firstCallAt - (n + 1) * 5 * MINUTE,
        'otlp',
      ),
      ...{ tokenHash: finding.tokenHash, clientId: finding.clientId, service: 'accounts' },
      ...{ environment: 'production', method: 'GET', route: '/accounts/:id', status: 200 },
      ...{ scope: 'accounts:read', authResult: 'accepted', country: abroad ? 'BR' : home },
      ...{ asn: abroad ? 28573 : 3320, networkKind: abroad ? 'hosting' : 'residential' },
      ...{ userAgent: 'harbour-sync/2.0', traceId: n.toString(16).padStart(32, 'b') },
    });
  }
  await insertCallBlock(db, block.encode(), `seed-${finding.id}`);
}

/** A store as a busy morning leaves it: incidents of every kind, a story, deliveries, hostile names. */
export async function seedConsole(db: Db, { now, more = 0 }: SeedOptions): Promise<Seeded> {
  const hostile: Change[] = Object.values(HOSTILE).map((text) => ({
    title: text,
    clientId: text.slice(0, 2_000),
    service: text.slice(0, 300),
    explanation: text,
    severity: 'low',
    score: 12,
    evidence: { seen: text, usual: text, facts: { [text.slice(0, 80)]: text } },
  }));
  const made = Array.from({ length: more }, (_, n) => {
    const example = EXAMPLES[n % EXAMPLES.length] ?? {};
    return { ...example, clientId: `client-${String(n % 400)}`, score: (n * 37) % 100 };
  });
  const findings = [...EXAMPLES, ...hostile, ...PLACES, ...made].map((change, n) =>
    placed(change, n, now),
  );
  await writeFindings(db, findings);
  const events = findings.flatMap((finding) => eventsOf(finding, finding.detectedAt));
  for (let from = 0; from < events.length; from += 4_000) {
    await appendEvents(db, events.slice(from, from + 4_000));
  }
  const ids = findings.map((finding) => incidentId(entityKeyOf(finding), ''));
  const [first, second] = findings;
  if (first === undefined || second === undefined) throw new Error('there are examples');
  await seedCalls(db, first);
  await seedJourney(db, second);
  await writeCatalogue(db, CATALOGUE);
  await writeDocumented(db, DOCUMENTED, now);
  await seedStory(db, ids[0] ?? '', first, now);
  return { ids };
}

async function seedStory(db: Db, incident: string, finding: Finding, now: number): Promise<void> {
  const at = finding.detectedAt;
  const step = (n: number, actor: string, change: IncidentChange): IncidentEvent => ({
    ...{ id: `${incident}:s${String(n)}`, incidentId: incident, at: at + n * 900, actor },
    ...change,
  });
  const scope = findingOf({
    ...{ ...finding, id: 'finding-scope', family: 'scope', detection: 'scope.first-use' },
    ...{ title: 'First use of the scope payments:write', severity: 'medium', bits: 14, score: 55 },
    explanation: 'Used payments:write for the first time in 41 days of reading only.',
    evidence: { value: 'payments:write', seen: 'payments:write', usual: 'accounts:read' },
  });
  await appendEvents(db, [
    step(1, 'program:alerting', { kind: 'finding_added', finding: scope }),
    step(2, 'program:alerting', { kind: 'notified', receiver: 'on-call', delivery: 'd-slack' }),
    step(3, 'person:ada', {
      kind: 'commented',
      text: 'Northwind say that no batch job runs at this hour. Looking at the network.',
    }),
  ]);
  const delivery = { incidentId: incident, reason: 'first' as const, attempts: 1, remoteRef: '' };
  const times = { createdAt: at + 1_500, updatedAt: at + 1_800, nextAttemptAt: now };
  await writeDeliveries(db, [
    {
      ...{ ...delivery, ...times, id: 'd-slack', version: 2, receiver: 'on-call' },
      ...{ notifier: 'slack', state: 'sent', lastError: '', payload: null },
    },
    {
      ...{ ...delivery, ...times, id: 'd-mail', version: 2, receiver: 'soc' },
      ...{ notifier: 'email', state: 'pending', attempts: 2, payload: null },
      lastError: '451 try again later',
    },
  ]);
}
