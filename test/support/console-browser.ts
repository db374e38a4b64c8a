import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Cookie, Page } from 'playwright-core';
import { expect } from 'vitest';
import { openBrowser } from './browser.ts';
import { ADMIN_KEY } from './test-console.ts';
import type { TestConsole } from './test-console.ts';

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

/** A real browser at a console that listens. One page a test; what it complains of fails the test. */
export class ConsoleBrowser {
  readonly base: string;
  readonly #browser: Browser;
  #cookies: Cookie[] = [];
  /** Errors of the page and refusals of its policy; there must be none. */
  #complaints: string[] = [];
  context!: BrowserContext;
  page!: Page;

  private constructor(browser: Browser, base: string) {
    this.#browser = browser;
    this.base = base;
  }

  /** @param port of the loopback address; any free one by default */
  static async open(test: TestConsole, port = 0): Promise<ConsoleBrowser> {
    await test.app.listen({ port, host: '127.0.0.1' });
    const bound = (test.app.server.address() as AddressInfo).port;
    return new ConsoleBrowser(await openBrowser(), `http://127.0.0.1:${bound}`);
  }

  /** A fresh page, for a test to begin with. */
  async newPage(): Promise<void> {
    this.#complaints = [];
    this.context = await this.#browser.newContext({
      ...{ locale: 'en-GB', viewport: { width: 1440, height: 900 }, acceptDownloads: true },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    this.context.setDefaultTimeout(6_000);
    this.page = await this.context.newPage();
    this.page.on('pageerror', (error) => this.#complaints.push(error.message));
    this.page.on('console', (message) => {
      if (message.type() === 'error') this.#complaints.push(message.text());
    });
  }

  /** Ends a test's page; fails where it complained. */
  async endPage(): Promise<void> {
    await this.context.close();
    expect(this.#complaints.filter((text) => !text.includes('status of 401'))).toEqual([]);
  }

  /** Signs in with the key the first time, and goes on with that session in later tests. */
  async signIn(): Promise<void> {
    await this.context.addCookies(this.#cookies);
    await this.page.goto(`${this.base}/incidents`);
    if (this.#cookies.length === 0) {
      await this.page.getByLabel('Admin key').fill(ADMIN_KEY);
      await this.page.getByRole('button', { name: 'Sign in' }).click();
    }
    await this.page.getByRole('list', { name: 'Incidents' }).waitFor();
    this.#cookies = await this.context.cookies();
  }

  async visit(path: string): Promise<void> {
    await this.page.goto(`${this.base}${path}`);
  }

  /**
   * Serious violations that axe finds on the page as it stands.
   *
   * @param rules only these; all by default
   */
  async violations(rules?: readonly string[]): Promise<string[]> {
    const options = {
      resultTypes: ['violations'],
      ...(rules === undefined ? {} : { runOnly: rules }),
    };
    return this.page.evaluate(`(async () => {
      ${axeSource};
      const { violations } = await axe.run(document, ${JSON.stringify(options)});
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html.slice(0, 160) + ' ' + (node.any[0]?.message ?? '')).join(' | '));
    })()`);
  }

  /** True when nothing sticks out at the side. */
  async fits(): Promise<boolean> {
    return this.page.evaluate('document.documentElement.scrollWidth <= window.innerWidth');
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}
