import { readdirSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../console/bundle.ts';
import type { Assets } from '../../console/bundle.ts';
import { openBrowser } from '../support/browser.ts';
import { seedConsole } from '../support/console-seed.ts';
import { openTestConsole } from '../support/test-console.ts';
import type { TestConsole } from '../support/test-console.ts';

let test: TestConsole;
let assets: Assets;
let browser: Browser;
let base: string;

beforeAll(async () => {
  assets = await bundle();
  test = await openTestConsole({ TOKENWATCH_CONSOLE_ANONYMOUS: 'viewer' }, assets);
  await seedConsole(test.store.db, { now: Date.now(), more: 10_000 });
  await test.app.listen({ port: 0, host: '127.0.0.1' });
  base = `http://127.0.0.1:${(test.app.server.address() as AddressInfo).port}`;
  browser = await openBrowser();
}, 120_000);

afterAll(async () => {
  await browser.close();
  await test.close();
});

/** The middle one. */
function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Infinity;
}

/** What web-vitals would say: layout shift so far, and the slowest answer to a press. */
const WATCH = `
  window.vitals = { shift: 0, slowest: 0 };
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) if (!e.hadRecentInput) window.vitals.shift += e.value;
  }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) {
      if (e.interactionId) window.vitals.slowest = Math.max(window.vitals.slowest, e.duration);
    }
  }).observe({ type: 'event', durationThreshold: 16, buffered: true });
`;

describe('with 10,000 incidents', () => {
  it('sends little JavaScript before the first page', () => {
    const first = [assets.script, assets.schemeScript, ...assets.preload];
    const size = first.reduce((sum, name) => sum + sizeOf(`${name}.gz`), 0);
    console.log(`initial JavaScript: ${Math.round(size / 1000)} kB gzipped`);
    expect(size).toBeLessThan(250_000);
    expect(readdirSync(assets.folder).length).toBeGreaterThan(20);
  });

  it('shows the queue within a second, holds still, and answers presses at once', async () => {
    const times: number[] = [];
    const shifts: number[] = [];
    const presses: number[] = [];
    for (let run = 0; run < 5; run++) {
      const context = await browser.newContext({ locale: 'en-GB' });
      context.setDefaultTimeout(5_000);
      const page = await context.newPage();
      await page.addInitScript(WATCH);
      const startedAt = performance.now();
      await page.goto(`${base}/incidents`, { waitUntil: 'commit' });
      await page.locator('.tw-row').first().waitFor();
      times.push(performance.now() - startedAt);
      for (const key of ['j', 'j', 'j', 'k']) await page.keyboard.press(key);
      await page.getByRole('button', { name: /^high/i }).click();
      await page.waitForTimeout(600);
      const vitals = await page.evaluate<{ shift: number; slowest: number }>('window.vitals');
      shifts.push(vitals.shift);
      presses.push(vitals.slowest);
      await context.close();
    }
    console.log(
      `queue of 10,000 usable after ${Math.round(median(times))} ms (median of 5), ` +
        `layout shift ${median(shifts).toFixed(3)}, slowest press ${median(presses)} ms`,
    );
    // The targets are 1 s and 100 ms (measured: see docs/api.md). The machines are shared: only what is
    // ten times off fails here.
    expect(median(times)).toBeLessThan(10_000);
    expect(median(shifts)).toBeLessThan(0.1);
    expect(median(presses)).toBeLessThan(1_000);
  });

  it('answers the queue’s requests in well under a second', async () => {
    for (const query of [
      '',
      '?q=client-3',
      '?status=open&severity=high&order=updated&offset=900',
    ]) {
      const times: number[] = [];
      for (let run = 0; run < 5; run++) {
        const startedAt = performance.now();
        const answer = await test.app.inject({ url: `/api/v1/incidents${query}` });
        times.push(performance.now() - startedAt);
        expect(answer.statusCode).toBe(200);
      }
      console.log(`GET /api/v1/incidents${query}: ${Math.round(median(times))} ms (median of 5)`);
      expect(median(times)).toBeLessThan(4_000);
    }
  });
});

function sizeOf(name: string): number {
  return statSync(join(assets.folder, name)).size;
}
