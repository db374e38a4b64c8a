import { expect, it } from 'vitest';
import { problemsOf, runFaults } from './harness.ts';
import type { FaultReport } from './harness.ts';

it('every acknowledged call once, every incident once, every alert: under each kind of fault', async () => {
  const said: string[] = [];
  const report = await runFaults(
    { seed: 20_261_122, rounds: 1, away: 1_200, pause: 600, say: (line) => said.push(line) },
    90_000,
  );
  expect(said).toHaveLength(8);
  const acknowledged = report.sent.filter((one) => one.acknowledged);
  expect(acknowledged.length).toBeGreaterThan(50);
  expect(acknowledged.filter(({ isAttack }) => isAttack).length).toBeGreaterThan(3);
  expect(Math.min(...Object.values(report.starts))).toBeGreaterThan(1);
  expect(problemsOf(report)).toEqual([]);
}, 180_000);

it('would notice a lost call, one kept twice or not added up, a missing incident and an alert too many', () => {
  const good: FaultReport = {
    sent: [{ id: 10, acknowledged: true, isAttack: true }],
    stored: new Map([[10, 1]]),
    calls: 1,
    rolledUp: new Map([['token_minute', 1]]),
    incidents: new Map([['victim-10', 1]]),
    alerts: new Map([['victim-10', 1]]),
    starts: {},
  };
  expect(problemsOf(good)).toEqual([]);
  const wrong: Partial<FaultReport>[] = [
    { stored: new Map() },
    { stored: new Map([[10, 2]]) },
    { rolledUp: new Map([['token_minute', 0]]) },
    { incidents: new Map() },
    { alerts: new Map() },
    { alerts: new Map([['victim-10', 2]]) },
  ];
  for (const change of wrong) expect(problemsOf({ ...good, ...change })).not.toEqual([]);
});
