// Stories of broken object-level authorization, replay and sharing. Real OTLP in, incidents out.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { detectorSchema } from '../../config/detector.ts';
import { untold } from '../../detector/raise.ts';
import type { Told } from '../../detector/raise.ts';
import { lookAround } from '../../detector/watch/look.ts';
import { OTEL, TW } from '../../model/attributes.ts';
import type { Finding } from '../../model/finding.ts';
import { hashOf, openStage, thing } from './stage.ts';
import type { ServedCall, Stage } from './stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage.close();
});

const idsOf = (findings: readonly Finding[], token: string): string[] =>
  findings.filter((one) => one.tokenHash === hashOf(token)).map((one) => one.detection);

const on = (token: string, object: string, more: Partial<ServedCall> = {}): ServedCall => ({
  ...{ token, client: `client of ${token}` },
  ...more,
  attributes: {
    ...{ [TW.objectType]: 'account', [TW.objectHash]: thing(object) },
    ...more.attributes,
  },
});

/** A few calls a day on its own two objects, over ten days. */
function modestPast(token: string, now: number): ServedCall[] {
  return Array.from({ length: 10 }, (_, day) => [
    on(token, `own of ${token} 1`, { time: now - (day + 2) * DAY }),
    on(token, `own of ${token} 2`, { time: now - (day + 2) * DAY + HOUR }),
  ]).flat();
}

it('thirty objects in five minutes are found, served or refused; a job that always does so is not', async () => {
  const now = Date.now();
  const walk = (token: string, n: number, status: number) =>
    Array.from({ length: n }, (_, i) =>
      on(token, `${token} ${String(i * 7919)}`, { status, time: now - 240_000 + i * 6_000 }),
    );
  const job = [2, 3, 4].flatMap((day) =>
    Array.from({ length: 40 }, (_, i) =>
      on('reconciler', `statement ${String(day)} ${String(i)}`, {
        time: now - day * DAY + i * 1000,
      }),
    ),
  );
  await stage.serve([
    ...['walker', 'prober', 'almost', 'dozen'].flatMap((one) => modestPast(one, now)),
    ...job,
  ]);
  await stage.serve([
    ...walk('walker', 30, 200),
    ...walk('prober', 34, 403),
    ...walk('almost', 29, 200),
    ...walk('dozen', 12, 200),
    ...walk('reconciler', 40, 200),
    ...walk('newcomer', 40, 200),
  ]);
  const found = await stage.look();
  expect(idsOf(found, 'walker')).toContain('authorization.enumeration');
  const [prober] = found.filter(
    (one) => one.tokenHash === hashOf('prober') && one.detection === 'authorization.enumeration',
  );
  expect(prober).toMatchObject({ severity: 'medium' });
  expect(prober?.explanation).toMatch(/34 objects that it had never touched, all refused/);
  for (const quiet of ['almost', 'dozen', 'reconciler', 'newcomer']) {
    expect(idsOf(found, quiet)).not.toContain('authorization.enumeration');
  }
});

it('a client on its first day is held against the token’s hours before, or against all other tokens', async () => {
  const now = Date.now();
  const walk = (token: string, n: number) =>
    Array.from({ length: n }, (_, i) =>
      on(token, `${token} of today ${String(i)}`, { time: now - 200_000 + i * 600 }),
    );
  const calm = (token: string, hours: readonly number[]) =>
    hours.map((hour) => on(token, `${token} ${String(hour)}`, { time: now - hour * HOUR }));
  const others = Array.from({ length: 25 }, (_, i) => modestPast(`other ${String(i)}`, now)).flat();
  await stage.serve([...others, ...calm('early', [5, 4, 3]), ...calm('late', [3])]);
  // The busiest of all, a job, takes up 40 an hour.
  await stage.serve([...walk('early', 31), ...walk('late', 100), ...walk('stranger', 200)]);
  const found = (await stage.look()).filter((one) => one.detection === 'authorization.enumeration');
  const of = (token: string) => found.find((one) => one.tokenHash === hashOf(token));
  expect(of('early')).toMatchObject({ severity: 'medium' });
  expect(of('early')?.explanation).toMatch(/usual for it are at most 1 in an hour/);
  expect(of('late')).toBeUndefined();
  expect(of('stranger')).toMatchObject({ severity: 'medium' });
  expect(of('stranger')?.explanation).toMatch(/usual for all but one in a hundred tokens/);
});

const isSlow = (detection: string): boolean => detection === 'authorization.slow-enumeration';

it('thirty objects over a day, one every half hour, are found: also beside a job that reconciles', async () => {
  const now = Date.now();
  const creep = (token: string, client: string, status = 200) =>
    Array.from({ length: 31 }, (_, i) =>
      on(token, `${token} ${String(i)}`, { client, status, time: now - i * 30 * MINUTE }),
    );
  const days = (token: string, client: string, each: number, apart: number) =>
    Array.from({ length: 12 }, (_none, day) =>
      Array.from({ length: each }, (_, i) =>
        on(token, `of ${token} ${String(day)} ${String(i)}`, {
          client,
          time: now - day * DAY - i * apart,
        }),
      ),
    ).flat();
  const known = ['creeper', 'sly', 'tester'].flatMap((token) =>
    modestPast(token, now).map((call) => ({ ...call, client: token === 'sly' ? 'bank' : token })),
  );
  // A token of the bank that is new today may be the job's next one: nobody knows yet.
  await stage.serve([
    ...known,
    ...days('desk', 'desk', 25, 20 * MINUTE),
    ...days('job', 'bank', 60, MINUTE),
    ...creep('creeper', 'creeper'),
    ...creep('sly', 'bank'),
    ...creep('tester', 'tester', 403),
    ...creep('next', 'bank'),
  ]);
  const names = ['creeper', 'sly', 'tester', 'desk', 'job', 'next'];
  const nameOf = (tokenHash: string) => names.find((name) => hashOf(name) === tokenHash);
  const found = (await stage.lookRarely()).filter(
    (one) => isSlow(one.detection) && nameOf(one.tokenHash) !== undefined,
  );
  await stage.settle();
  expect(found.map((one) => nameOf(one.tokenHash)).sort()).toEqual(['creeper', 'sly', 'tester']);
  const [incident, ...more] = await stage.incidents(hashOf('sly'));
  expect(more).toEqual([]);
  expect(incident).toMatchObject({ detections: ['authorization.slow-enumeration'] });
  expect(incident?.explanation).toMatch(
    /30 objects that it had never touched, all served, in 24 h; usual for it are at most/,
  );
  const [tried] = await stage.incidents(hashOf('tester'));
  expect(tried).toMatchObject({ severity: 'medium' });
  expect(tried?.explanation).toMatch(/all refused/);
  // A backtest, which looks at hours of event time, says the same.
  const from = Math.floor((now - 11 * HOUR) / HOUR) * HOUR;
  const scope = { by: 'event' as const, from, to: from + 12 * HOUR };
  const tested = (await lookAround(stage.store.db, scope, detectorSchema.parse({}))).filter(
    ({ detection, entity }) => isSlow(detection.id) && nameOf(entity.tokenHash) !== undefined,
  );
  const said = (one: { tokenHash: string; explanation: string }) => [
    one.tokenHash,
    one.explanation,
  ];
  expect(tested.map(({ entity, noticed }) => said({ ...entity, ...noticed })).sort()).toEqual(
    found.map(said).sort(),
  );
});

it('an object that only one client had is found when another is served it, and shared kinds are not', async () => {
  const now = Date.now();
  const held = Array.from({ length: 30 }, (_, i) =>
    [3, 2, 1].map((day) => on('holder', `held ${String(i)}`, { time: now - day * DAY })),
  ).flat();
  const type = { [TW.objectType]: 'currency' };
  const rates = ['holder', 'thief', 'third'].flatMap((token) =>
    [1, 2, 3].map((day) => on(token, 'EUR', { time: now - day * DAY, attributes: type })),
  );
  await stage.serve([...held, ...rates]);
  await stage.serve([
    on('thief', 'held 7'),
    on('refused', 'held 8', { status: 403 }),
    on('fourth', 'EUR', { attributes: type }),
  ]);
  const found = await stage.look();
  expect(idsOf(found, 'thief')).toContain('authorization.other-clients-object');
  expect(idsOf(found, 'refused')).not.toContain('authorization.other-clients-object');
  expect(idsOf(found, 'fourth')).not.toContain('authorization.other-clients-object');
});

it('an object of another owner is found, but not of those who act for others as a rule', async () => {
  const now = Date.now();
  const owned = (token: string, subject: string, owner: string, time = now) =>
    on(token, `${owner}'s`, {
      time,
      attributes: { [TW.subjectHash]: thing(subject), [TW.objectOwnerHash]: thing(owner) },
    });
  const past = (token: string, subject: string, owner: string) =>
    Array.from({ length: 30 }, (_, i) => owned(token, subject, owner, now - DAY - i * MINUTE));
  await stage.serve([...past('anna', 'anna', 'anna'), ...past('callcentre', 'agent', 'carl')]);
  await stage.serve([
    owned('anna', 'anna', 'bert'),
    owned('callcentre', 'agent', 'dora'),
    owned('bert', 'bert', 'bert'),
  ]);
  const found = await stage.look();
  expect(idsOf(found, 'anna')).toContain('authorization.other-owner');
  expect(idsOf(found, 'callcentre')).not.toContain('authorization.other-owner');
  expect(idsOf(found, 'bert')).not.toContain('authorization.other-owner');
});

it('a nonce with another body or from another network is one incident, a retry is none', async () => {
  const now = Date.now();
  const paid = (token: string, nonce: string, body: string, ip = '79.192.10.20', time = now) => ({
    ...{ token, time, method: 'POST', route: '/transfers' },
    attributes: {
      ...{ [TW.nonceHash]: thing(nonce), [TW.payloadHash]: thing(body) },
      [OTEL.clientAddress]: ip,
    },
  });
  await stage.serve([
    ...Array.from({ length: 20 }, (_, i) => [
      paid('replayer', `n${String(i)}`, 'one'),
      paid('replayer', `n${String(i)}`, 'two'),
    ]).flat(),
    ...[paid('moved', 'm', 'same'), paid('moved', 'm', 'same', '200.147.35.149')],
    ...[paid('retry', 'r', 'same'), paid('retry', 'r', 'same')],
    ...[paid('late', 'l', 'same', '79.192.10.20', now - 5 * HOUR), paid('late', 'l', 'same')],
  ]);
  await stage.settle();
  const [replayed, ...more] = await stage.incidents(hashOf('replayer'));
  expect(more).toEqual([]);
  expect(replayed).toMatchObject({ findings: 1, detections: ['replay.nonce'] });
  expect(replayed?.explanation).toMatch(/20 nonces with another body, in 40 calls/);
  expect((await stage.incidents(hashOf('moved')))[0]?.detections).toContain('replay.nonce');
  expect((await stage.incidents(hashOf('late')))[0]?.detections).toContain('replay.stale');
  const retries = await stage.incidents(hashOf('retry'));
  expect(retries.flatMap((one) => one.detections)).not.toContain('replay.nonce');
});

it('what is done again on another day is told again, so that a closed incident is opened anew', async () => {
  const today = Math.floor(Date.now() / DAY) * DAY;
  const days = [today - 2 * DAY, today - DAY];
  const body = (time: number, name: string): ServedCall => ({
    ...{ token: 'daily', client: 'repeats', time, method: 'POST', route: '/transfers' },
    attributes: { [TW.nonceHash]: thing(String(time)), [TW.payloadHash]: thing(name) },
  });
  const kept = Array.from({ length: 30 }, (_, i) =>
    on('keeper', `kept ${String(i % 10)}`, {
      time: today - (4 + (i % 3)) * DAY,
      attributes: { [TW.objectType]: 'vault' },
    }),
  );
  const taken = days.map((time, i) =>
    on('taker', `kept ${String(i)}`, { time, attributes: { [TW.objectType]: 'vault' } }),
  );
  await stage.serve([
    ...kept,
    ...taken,
    ...days.flatMap((time) => [body(time, 'one'), body(time, 'two')]),
  ]);
  const told: Told = new Map();
  const raised: string[] = [];
  for (const from of days) {
    const scope = { by: 'event' as const, from, to: from + DAY };
    const notices = await lookAround(stage.store.db, scope, detectorSchema.parse({}));
    const wanted = notices.filter((one) =>
      ['repeats', 'client of taker'].includes(one.entity.clientId),
    );
    raised.push(...untold(wanted, told).raise.map((one) => one.detection.id));
  }
  expect(raised.sort()).toEqual([
    ...['authorization.other-clients-object', 'authorization.other-clients-object'],
    ...['replay.nonce', 'replay.nonce'],
  ]);
});

it('one token of several clients, or from three agents, networks or countries at once', async () => {
  const now = Date.now();
  const from = (token: string, agent: string, time = now): ServedCall => ({
    ...{ token, time },
    attributes: { [OTEL.userAgent]: agent },
  });
  const at = (token: string, ip: string, time = now): ServedCall => ({
    ...{ token, time },
    attributes: { [OTEL.clientAddress]: ip },
  });
  const fleet = ['a/1', 'b/1', 'c/1'];
  await stage.serve([
    ...[9, 8, 7].map((day) => from('spread', 'home/1', now - day * DAY)),
    ...fleet.flatMap((agent) => [9, 8].map((day) => from('fleet', agent, now - day * DAY))),
    ...['roamer', 'networked'].flatMap((token) =>
      [9, 8].map((day) => at(token, '79.192.10.20', now - day * DAY)),
    ),
  ]);
  await stage.serve([
    ...['home/1', 'curl/8', 'python/3'].map((agent) => from('spread', agent)),
    ...fleet.map((agent) => from('fleet', agent)),
    // Germany, Brazil and the United Kingdom.
    ...['79.192.10.20', '200.147.35.149', '81.2.69.142'].map((ip) => at('roamer', ip)),
    // Three networks of one country.
    ...['79.192.10.20', '88.198.1.1', '95.90.200.1'].map((ip) => at('networked', ip)),
    ...[
      { token: 'passed-on', client: 'acme' },
      { token: 'passed-on', client: 'zeta' },
    ],
  ]);
  const found = await stage.look();
  expect(idsOf(found, 'spread')).toContain('sharing.at-once');
  expect(idsOf(found, 'networked')).toContain('sharing.at-once');
  expect(idsOf(found, 'fleet')).not.toContain('sharing.at-once');
  expect(idsOf(found, 'roamer')).toContain('geography.concurrent-countries');
  expect(idsOf(found, 'passed-on')).toContain('sharing.several-clients');
});
