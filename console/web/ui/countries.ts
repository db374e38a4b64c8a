const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });

/** `Germany (DE)`; what is no country code stays as it is. */
export function countryName(code: string): string {
  return /^[A-Z]{2}$/.test(code) ? `${names.of(code) ?? code} (${code})` : code;
}
