/**
 * Some browsers (headless ones without a locale) name a language that `Intl` refuses, `en-US@posix`
 * say, and uPlot asks `Intl` for it as soon as it is loaded. Such a browser gets English.
 */
export function settleLocale(): void {
  try {
    new Intl.NumberFormat(navigator.language);
  } catch {
    Object.defineProperty(navigator, 'language', { value: 'en', configurable: true });
  }
}
