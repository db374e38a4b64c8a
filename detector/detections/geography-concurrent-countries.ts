import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { country, list, plural } from '../words.ts';

/** The countries that one token came from within five minutes; epoch ms. */
export interface CountriesWindow {
  /** ISO codes; those of relays are left out. */
  countries: readonly string[];
  first: number;
  last: number;
  calls: number;
}

export interface CountriesBaseline {
  /** How many of them the token had not shown an hour before. */
  newCountries: number;
  /** Since when it is known, epoch ms. */
  known: number;
}

const DAY = 86_400_000;
const three: CountriesWindow = {
  ...{ countries: ['BR', 'DE', 'VN'], first: MONDAY, last: MONDAY + 200_000, calls: 9 },
};
const month = { known: MONDAY - 30 * DAY };

/** One token comes from several countries at the same time. */
export const geographyConcurrentCountries = defineDetection<CountriesWindow, CountriesBaseline>({
  id: 'geography.concurrent-countries',
  title: 'One token from several countries at once',
  family: 'geography',
  severity: 'high',
  owasp: ['API2:2023'],
  attack: ['T1078', 'T1550.001'],
  parameters: { at_once: 3, new: 2 },
  blindSpots: [
    'Two countries: a switch between them is judged as a journey (geography.impossible-travel).',
    'Relays (VPN), whose country says nothing of who calls.',
    'Tokens in their first day, and those that always come from many countries.',
  ],
  runbook: [
    'Ask the owner whether it runs the token in these countries, or tests from a service that does.',
    'If not, several parties hold it: revoke it, and look where it was published.',
  ],
  detect: (window, baseline, parameters) => {
    const least = parameters['at_once'] ?? 3;
    const { countries } = window;
    if (countries.length < least || baseline.newCountries < (parameters['new'] ?? 2)) return null;
    if (window.first - baseline.known < DAY) return null;
    const usual = Math.max(1, countries.length - baseline.newCountries);
    return certainly({
      explanation:
        `${plural(window.calls, 'call')} within 5 min from ${String(countries.length)} countries: ` +
        `${list(countries.map(country))}; usual are at most ${String(usual)} of them, would have ` +
        `stayed quiet below ${String(least)}.`,
      seen: countries.length,
      usual: `at most ${String(usual)}`,
      threshold: least - 1,
      unit: 'countries in 5 min',
      facts: { countries: [...countries], calls: window.calls },
      from: window.first,
      to: window.last + 1,
    });
  },
  examples: {
    quiet: [
      { name: 'a fleet that always does', window: three, baseline: { ...month, newCountries: 0 } },
      {
        name: 'a border: two countries',
        window: { ...three, countries: ['BE', 'DE'] },
        baseline: { ...month, newCountries: 2 },
      },
      {
        name: 'a token of today',
        window: three,
        baseline: { known: MONDAY - DAY / 2, newCountries: 3 },
      },
    ],
    firing: [
      {
        name: 'two new countries beside its own',
        window: three,
        baseline: { ...month, newCountries: 2 },
      },
    ],
  },
});
