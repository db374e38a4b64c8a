import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { detectorSchema } from '../../config/detector.ts';
import { createLogger } from '../../config/logger.ts';
import { consoleSchema } from '../../config/console.ts';
import { bundle } from '../../console/bundle.ts';
import { answerQuestions, createWhatIfWorker } from '../../detector/what-if/worker.ts';
import { hashToken } from '../../model/hash.ts';
import { readIncident, readIncidents } from '../../store/incidents/events.ts';
import { createLease } from '../../store/lease.ts';
import { readDetectionSettings } from '../../store/what-if/settings.ts';
import { ConsoleBrowser } from '../support/console-browser.ts';
import { seedConsole } from '../support/console-seed.ts';
import { CLIENT, openTestProvider } from '../support/oidc.ts';
import type { TestProvider } from '../support/oidc.ts';
import { insertTestCalls } from '../support/call-rows.ts';
import { openTestConsole } from '../support/test-console.ts';
import type { TestConsole } from '../support/test-console.ts';

/** A token as a person would paste it; its hash made a call. */
const RAW = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc';
const SSO = '/api/v1/session/oidc';
const log = createLogger('detector', 'silent');
const stopping = new AbortController();

let test: TestConsole;
let ids: string[];
let browser: ConsoleBrowser;
let provider: TestProvider;
let answering: Promise<void>;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

beforeAll(async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  provider = await openTestProvider(`${url}${SSO}/callback`);
  const claims = { email: 'ada@bank.example', email_verified: true, groups: ['soc'] };
  provider.visitor = { id: 'sub-ada', claims, amr: ['pwd'] };
  const oidc = {
    ...{ issuer: provider.issuer, client_id: CLIENT.id, client_secret: CLIENT.secret },
    ...{
      scopes: ['openid', 'email', 'groups'],
      person_claim: 'email',
      roles: { soc: 'responder' },
    },
  };
  const section = consoleSchema.parse({ url, oidc });
  test = await openTestConsole({}, await bundle(), (config) => ({ ...config, console: section }));
  ({ ids } = await seedConsole(test.store.db, { now: Date.now() }));
  const tokenHash = hashToken(test.store.config.pepper?.reveal() ?? '', RAW);
  await insertTestCalls(test.store.db, [
    { time: Date.now() - 60_000, tokenHash, clientId: 'pasted' },
  ]);
  const { db } = test.store;
  const place = { host: 'here', pid: process.pid, isAlive: () => true };
  const lease = createLease({ db, now: Date.now, stage: 'what_if', ...place });
  const settings = () => detectorSchema.parse({});
  const worker = createWhatIfWorker({ db, log, now: Date.now, lease, settings });
  answering = answerQuestions(worker, log, stopping.signal);
  browser = await ConsoleBrowser.open(test, port);
});

afterAll(async () => {
  stopping.abort();
  await answering;
  await browser.close();
  await test.close();
  await provider.close();
});

beforeEach(async () => browser.newPage());

afterEach(async () => browser.endPage());

describe('deciding in a browser', () => {
  it('tries parameters on the past before they are saved', async () => {
    await browser.signIn();
    const { page } = browser;
    await browser.visit('/detections/geography.new-country');
    await page.getByLabel('bits').fill('60');
    await page.getByLabel('Try on the last').selectOption('1');
    await page.getByRole('button', { name: 'What if?' }).click();
    await page
      .getByRole('group', { name: 'What it would have changed' })
      .waitFor({ timeout: 60_000 });
    expect(await browser.violations()).toEqual([]);
    await page.getByLabel('Why').fill('travelling staff');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('travelling staff').waitFor();
    expect(await readDetectionSettings(test.store.db)).toMatchObject([
      { detection: 'geography.new-country', parameters: { bits: 60 }, reason: 'travelling staff' },
    ]);
  }, 90_000);

  it('decides in bulk and takes it back as it was', async () => {
    await browser.signIn();
    const { page } = browser;
    const [first = '', second = ''] = [ids[3], ids[5]];
    const statuses = async (): Promise<string[]> =>
      (await readIncidents(test.store.db, [first, second])).map(({ status }) => status).sort();
    const url = `/api/v1/incidents/${first}/transitions`;
    const payload = { action: 'acknowledge' };
    await test.app.inject({ method: 'POST', url, headers: test.admin, payload });
    await browser.visit('/incidents?view=all');
    await page.getByLabel('Select First use of the scope').check();
    await page.getByLabel('Select One token from three').check();
    await page.getByRole('toolbar').getByRole('button', { name: 'Resolve' }).click();
    await page.getByText('Resolved: 2 incidents').waitFor();
    expect(await statuses()).toEqual(['resolved', 'resolved']);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(statuses).toEqual(['acknowledged', 'open']);
  });

  it('shows what a verdict keeps quiet, and takes the verdict back', async () => {
    await browser.signIn();
    const { page } = browser;
    const id = ids[9] ?? '';
    const url = `/api/v1/incidents/${id}/transitions`;
    const payload = { action: 'false_positive', reason: 'agreed with the payments team' };
    await test.app.inject({ method: 'POST', url, headers: test.admin, payload });
    await page.getByRole('link', { name: 'Quieted' }).click();
    await page.getByRole('cell', { name: 'payments GET /v1/refunds/export' }).waitFor();
    await page.getByRole('button', { name: 'End now' }).click();
    await page.getByLabel('Why').fill('the job is switched off');
    await page.getByRole('button', { name: 'Reopen the incident' }).click();
    await page.getByText('Nothing is quieted').waitFor();
    expect((await readIncident(test.store.db, id))?.status).toBe('open');
  });

  it('assigns, copies as Markdown and downloads as OCSF', async () => {
    await browser.signIn();
    const { page } = browser;
    await browser.visit(`/incidents/${ids[1] ?? ''}`);
    await page.getByRole('img', { name: /Brazil \(BR\) 38 calls, new/ }).waitFor();
    await page.getByRole('button', { name: 'Assign' }).click();
    await page.getByRole('menuitem', { name: 'To somebody else' }).click();
    await page.getByLabel('To whom').fill('grace');
    await page.getByRole('dialog').getByRole('button', { name: 'Assign' }).click();
    await page.getByText('assigned it to grace').waitFor();
    expect((await readIncident(test.store.db, ids[1] ?? ''))?.assignee).toBe('grace');
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Copy as Markdown' }).click();
    await page.getByText('Markdown copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toContain('**Client**');
    await page.getByRole('button', { name: 'More' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: 'Download as OCSF' }).click();
    const file = await (await download).path();
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ class_uid: 2004 });
  });

  it('finds by a raw token that is pasted in, and keeps it nowhere', async () => {
    await browser.signIn();
    const { page } = browser;
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    await page.getByLabel('Search incidents').fill(RAW);
    const hash = hashToken(test.store.config.pepper?.reveal() ?? '', RAW);
    await expect.poll(async () => page.getByLabel('Search incidents').inputValue()).toBe(hash);
    await expect.poll(() => page.url()).toContain(hash);
    expect(addresses.join(' ')).not.toContain(RAW);
    expect((await page.content()).includes(RAW)).toBe(false);
  });

  it('shows incidents on endpoints and services, and finds them', async () => {
    await browser.signIn();
    const { page } = browser;
    await page.getByLabel('Search incidents').fill('refunds/export');
    await expect.poll(async () => page.locator('.tw-row').count()).toBe(1);
    await page.getByRole('link', { name: 'A sensitive route' }).click();
    await page.getByRole('link', { name: 'payments GET /v1/refunds/export' }).waitFor();
  });

  it('makes keys that are shown once, and revokes them', async () => {
    await browser.signIn();
    const { page } = browser;
    await browser.visit('/settings');
    await page.getByRole('button', { name: /new key/i }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('nightly-export');
    await dialog.locator('button[type=submit]').click();
    const key = await dialog.getByLabel('Key').inputValue();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('cell', { name: 'nightly-export', exact: true }).waitFor();
    await dialog.waitFor({ state: 'detached' });
    expect((await page.content()).includes(key)).toBe(false);
    const look = async (): Promise<number> =>
      (await fetch(`${browser.base}/api/v1/keys`, { headers: { authorization: `Bearer ${key}` } }))
        .status;
    expect(await look()).toBe(403);
    await page.getByRole('button', { name: 'Revoke nightly-export' }).click();
    await page.getByRole('button', { name: 'Really revoke nightly-export' }).click();
    await page.getByRole('row', { name: /revoked.*nightly-export/ }).waitFor();
    expect(await look()).toBe(401);
  });

  it('signs in at an OpenID provider, with the role that the groups give', async () => {
    const { page } = browser;
    await browser.visit('/login');
    expect(await browser.violations()).toEqual([]);
    await page.getByRole('link', { name: 'Sign in with single sign-on' }).click();
    await page.getByRole('list', { name: 'Incidents' }).waitFor();
    await page.getByText('ada@bank.example').first().waitFor();
    expect(await page.getByRole('link', { name: 'API keys' }).count()).toBe(0);
  });
});
