/** `npm run test:faults [-- --seed N --rounds N --only 'kill -9']`: the long form, with ClickHouse away for half a minute at a time. */
import { parseArgs } from 'node:util';
import { problemsOf, runFaults } from './harness.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '10' },
    away: { type: 'string', default: '30' },
    only: { type: 'string', default: '' },
  },
});
const [seed, rounds, away] = [values.seed, values.rounds, values.away].map(Number);
const say = (line: string): void => console.log(`${new Date().toISOString()} ${line}`);
const report = await runFaults(
  {
    seed: seed ?? 1,
    rounds: rounds ?? 10,
    away: (away ?? 30) * 1_000,
    pause: 5_000,
    say,
    only: values.only,
  },
  600_000,
);
const problems = problemsOf(report);
for (const problem of problems) console.log(`WRONG ${problem}`);
const acknowledged = report.sent.filter((one) => one.acknowledged).length;
console.log(
  `seed ${String(seed)}: ${String(report.sent.length)} calls sent, ${String(acknowledged)} acknowledged, ` +
    `${String(report.incidents.size)} incidents, starts ${JSON.stringify(report.starts)}; ${String(problems.length)} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
