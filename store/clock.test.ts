import { describe, expect, it } from 'vitest';
import { StoreClock } from './clock.ts';

const TRUE_TIME = Date.UTC(2026, 10, 23, 6);

function world() {
  const at = { monotonic: 1_000, host: TRUE_TIME, server: TRUE_TIME, answers: 4 };
  const said: unknown[] = [];
  const clock = new StoreClock({
    host: () => at.host,
    monotonic: () => at.monotonic,
    read: async () => {
      pass(at.answers / 2);
      const { server } = at;
      pass(at.answers / 2);
      return server;
    },
    log: { warn: (details: unknown) => said.push(details) },
  });
  const pass = (ms: number): void => {
    for (const name of ['monotonic', 'host', 'server'] as const) at[name] += ms;
  };
  return { at, said, clock, pass };
}

describe('the time as ClickHouse has it', () => {
  it("is the host's until ClickHouse answered", () => {
    const { at, clock } = world();
    at.host -= 7_200_000;
    expect(clock.now()).toBe(at.host);
  });

  it('goes on as it did when the clock of the host is set', async () => {
    const { at, clock, pass } = world();
    await clock.sync();
    expect(clock.now()).toBe(at.server);
    at.host -= 7_200_000;
    pass(1_500);
    expect(clock.now()).toBe(at.server);
  });

  it('says once that the clocks differ, and again when they differ anew', async () => {
    const { at, said, clock } = world();
    at.host -= 90_000;
    await clock.sync();
    await clock.sync();
    expect(said).toEqual([{ seconds: 90 }]);
    at.host = at.server;
    await clock.sync();
    at.host += 60_000;
    await clock.sync();
    expect(said).toEqual([{ seconds: 90 }, { seconds: -60 }]);
  });

  it('is not learnt from an answer that took long', async () => {
    const { at, clock } = world();
    at.answers = 5_000;
    at.host -= 90_000;
    await clock.sync();
    expect(clock.now()).toBe(at.host);
  });
});
