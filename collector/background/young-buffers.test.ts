import { PerformanceObserver, constants } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { bufferPassed } from './young-buffers.ts';

/** Which the types of Node leave out. */
interface Collection {
  detail: { kind: number; flags: number };
}

const MEGABYTE = 1024 * 1024;

test('young objects are collected every sixteen megabytes that passed, and no more often', async () => {
  let minor = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as unknown as Collection[]) {
      const { kind, flags } = entry.detail;
      const isAsked = (flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
      if (kind === constants.NODE_PERFORMANCE_GC_MINOR && isAsked) minor++;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  for (let passed = 0; passed < 15; passed++) bufferPassed(MEGABYTE);
  await delay(50);
  expect(minor).toBe(0);
  for (let passed = 15; passed < 32; passed++) bufferPassed(MEGABYTE);
  await delay(50);
  expect(minor).toBe(2);
  observer.disconnect();
});
