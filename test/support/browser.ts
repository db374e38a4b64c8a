import chromium from '@sparticuz/chromium';
import { chromium as playwright } from 'playwright-core';
import type { Browser } from 'playwright-core';

/**
 * A real Chromium, from npm. Not with the package's own arguments: those are for a cloud function,
 * with one process for everything and web security off.
 */
export async function openBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--headless=shell', '--disable-gpu', '--font-render-hinting=none'],
  });
}
