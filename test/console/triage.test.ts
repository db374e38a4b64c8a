import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundle } from '../../console/bundle.ts';
import { readIncident } from '../../store/incidents/events.ts';
import { ConsoleBrowser } from '../support/console-browser.ts';
import { seedConsole, tokenOf } from '../support/console-seed.ts';
import { openTestConsole } from '../support/test-console.ts';
import type { TestConsole } from '../support/test-console.ts';

let test: TestConsole;
let ids: string[];
let browser: ConsoleBrowser;

beforeAll(async () => {
  test = await openTestConsole({ TOKENWATCH_ALERTING_REVOCATION_MODE: 'approve' }, await bundle());
  ({ ids } = await seedConsole(test.store.db, { now: Date.now() }));
  browser = await ConsoleBrowser.open(test);
});

afterAll(async () => {
  await browser.close();
  await test.close();
});

beforeEach(async () => browser.newPage());

afterEach(async () => browser.endPage());

describe('the console in a browser', () => {
  it('lets in by the printed link and takes it out of the address', async () => {
    const { page } = browser;
    await browser.visit(test.loginPath);
    await page.getByRole('heading', { name: 'Incidents' }).waitFor();
    expect(page.url()).toBe(`${browser.base}/incidents`);
    expect(await page.getByRole('listitem').count()).toBeGreaterThan(5);
    const [cookie] = await browser.context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  });

  it('is worked through by keyboard, and takes back', async () => {
    await browser.signIn();
    const { page } = browser;
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    expect(await page.evaluate('document.activeElement.textContent')).toContain(
      'Far more calls than usual',
    );
    await page.keyboard.press('a');
    await page.getByText('Acknowledged', { exact: true }).waitFor();
    await expect
      .poll(async () => (await readIncident(test.store.db, ids[0] ?? ''))?.status)
      .toBe('acknowledged');
    await page.keyboard.press('u');
    await page
      .getByText('Reopened')
      .or(page.getByRole('link', { name: 'Far more' }))
      .first()
      .waitFor();
    await expect
      .poll(async () => (await readIncident(test.store.db, ids[0] ?? ''))?.status)
      .toBe('open');
  });

  it('opens an incident with Enter and closes it with a reason', async () => {
    await browser.signIn();
    const { page } = browser;
    await page.getByLabel('Search incidents').fill('oakbridge');
    await page.getByRole('link', { name: 'Accepted after it expired' }).waitFor();
    await expect.poll(async () => page.locator('.tw-row').count()).toBe(1);
    await page.getByLabel('Search incidents').press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Accepted after it expired' }).waitFor();
    await page.keyboard.press('f');
    await page.getByLabel('Why').fill('their clock is wrong');
    await page.getByRole('dialog').getByRole('button', { name: 'False positive' }).click();
    await page.getByText('their clock is wrong').waitFor();
    expect(await readIncident(test.store.db, ids[4] ?? '')).toMatchObject({
      status: 'false_positive',
    });
  });

  it('shows by itself what changes', async () => {
    await browser.signIn();
    const { page } = browser;
    await page.getByText('Live', { exact: true }).waitFor();
    const row = page.getByRole('listitem').filter({ hasText: 'kestrel-insights' });
    await row.waitFor();
    await page.waitForTimeout(1_000);
    const other = { method: 'POST', headers: test.admin } as const;
    const url = `/api/v1/incidents/${ids[3] ?? ''}/transitions`;
    await test.app.inject({ ...other, url, payload: { action: 'resolve' } });
    await row.waitFor({ state: 'detached', timeout: 3_000 });
  });

  it('tells the story of an incident: band, evidence, calls, comments', async () => {
    await browser.signIn();
    const { page } = browser;
    await browser.visit(`/incidents/${ids[0] ?? ''}`);
    await page
      .getByRole('img', { name: /usual 3 to 22/ })
      .first()
      .waitFor();
    await page.locator('canvas').waitFor();
    expect(await page.getByText('payments:write').count()).toBeGreaterThan(1);
    await page.getByLabel('Comment', { exact: true }).fill('called them');
    await page.keyboard.press('Control+Enter');
    await page.getByText('called them').waitFor();
  });

  const everyPage = (): string[] => [
    ...['/incidents', `/incidents/${ids[0] ?? ''}`, '/detections', '/deliveries', '/tokens'],
    ...[`/tokens/${tokenOf(1)}`, '/clients', '/clients/northwind-treasury', '/silences'],
    ...['/quieted', '/endpoints', '/audit', '/pipeline', '/settings'],
    ...['/detections/geography.new-country', `/incidents/${ids[1] ?? ''}`],
    ...[`/incidents/${ids[9] ?? ''}`, `/tokens/${tokenOf(2)}`],
  ];

  async function show(path: string): Promise<void> {
    const { page } = browser;
    await browser.visit(path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.locator('[aria-busy=true]').waitFor({ state: 'detached' });
    await page.waitForTimeout(100);
  }

  const ground = async (): Promise<string> =>
    browser.page.evaluate('getComputedStyle(document.body).backgroundColor');

  it('is accessible and fits, narrow and wide', async () => {
    const { page } = browser;
    await page.emulateMedia({ colorScheme: 'light' });
    await browser.signIn();
    for (const path of everyPage()) {
      await page.setViewportSize({ width: 1440, height: 844 });
      await show(path);
      expect([path, await browser.violations()]).toEqual([path, []]);
      await page.setViewportSize({ width: 390, height: 844 });
      // Charts are drawn anew a moment after the window changed.
      await expect.poll(async () => [path, await browser.fits()]).toEqual([path, true]);
    }
    expect(['narrow', await browser.violations()]).toEqual(['narrow', []]);
    expect(await ground()).toBe('rgb(246, 247, 250)');
  }, 120_000);

  it('can be read in the dark', async () => {
    const { page } = browser;
    await page.emulateMedia({ colorScheme: 'dark' });
    await browser.signIn();
    expect(await browser.violations()).toEqual([]);
    for (const path of everyPage()) {
      await show(path);
      // Colours are all that differs from the light page.
      expect([path, await browser.violations(['color-contrast'])]).toEqual([path, []]);
    }
    expect(await ground()).toBe('rgb(14, 19, 28)');
  }, 120_000);

  it('asks for a revocation after showing what it would hit', async () => {
    await browser.signIn();
    const { page } = browser;
    await browser.visit(`/incidents/${ids[0] ?? ''}`);
    await page.getByRole('button', { name: 'Revoke the token' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('calls a day on 2 routes').waitFor();
    await dialog.getByLabel('Why').fill('stolen');
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('waits for approval').first().waitFor();
    await page.getByRole('button', { name: 'Approve' }).click();
    await expect
      .poll(async () => (await readIncident(test.store.db, ids[0] ?? ''))?.response)
      .toBe('approved');
  });

  it('silences with a preview of what it would have hidden', async () => {
    await browser.signIn();
    const { page } = browser;
    await browser.visit(`/silences`);
    await page.getByRole('button', { name: 'New silence' }).click();
    await page.getByLabel('Client').fill('blue-*');
    await page.getByText('Would have kept quiet 1 of 11').waitFor();
    await page.getByLabel('Why').fill('a migration');
    await page.getByRole('dialog').getByRole('button', { name: 'Silence' }).click();
    await page.getByRole('cell', { name: 'a migration' }).waitFor();
  });

  it('finds a raw token without putting it anywhere', async () => {
    await browser.signIn();
    const { page } = browser;
    await browser.visit(`/tokens`);
    const seen: string[] = [];
    page.on('request', (request) => seen.push(request.url()));
    await page.getByRole('button', { name: 'Find a raw token' }).click();
    await page.getByLabel('Token', { exact: true }).fill('a-raw-secret');
    await page.getByRole('button', { name: 'Find', exact: true }).click();
    await page.getByText('No call of this token was ever seen.').waitFor();
    expect(seen.join(' ')).not.toContain('a-raw-secret');
    expect(await page.content()).not.toContain('a-raw-secret');
  });

  it('draws for a browser whose language Intl refuses', async () => {
    const { page } = browser;
    await page.addInitScript(
      "Object.defineProperty(navigator, 'language', { value: 'en-US@posix', configurable: true })",
    );
    await browser.signIn();
    await browser.visit(`/incidents/${ids[0] ?? ''}`);
    await page.locator('canvas').waitFor();
  });

  it('keeps hostile names inert', async () => {
    await browser.signIn();
    const { page } = browser;
    for (const id of ids.slice(6, 9)) {
      await browser.visit(`/incidents/${id}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await browser.fits()).toBe(true);
    }
    expect(await page.evaluate("'__hurt' in window")).toBe(false);
  });
});
