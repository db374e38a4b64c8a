import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from './load.ts';

const load = (shard: string): string =>
  loadConfig({ cwd: '/nowhere', env: { TOKENWATCH_DETECTOR_SHARD: shard } }).config.detector.shard;

describe('detector.shard', () => {
  it('is everything by default, or a part of up to 64', () => {
    expect(load('')).toBe('1/1');
    for (const shard of ['1/1', '1/2', '2/2', '64/64']) expect(load(shard)).toBe(shard);
  });

  it.each(['0/2', '3/2', '1/65', 'a/b', '2', '1/2/3', '-1/2', '01/2', ' 1/2'])(
    '%j is refused by name',
    (shard) => {
      expect(() => load(shard)).toThrow(ConfigError);
      expect(() => load(shard)).toThrow(/detector\.shard: expected i\/n.* 1\/1 to 64\/64/);
    },
  );

  it('is set over the environment by what a command says', () => {
    const env = { TOKENWATCH_DETECTOR_SHARD: '1/2' };
    const variables = { TOKENWATCH_DETECTOR_SHARD: '2/2' };
    const { config } = loadConfig({ cwd: '/nowhere', env, variables });
    expect(config.detector.shard).toBe('2/2');
  });
});
