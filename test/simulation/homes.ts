/** Where tokens call from: data centres, offices, phones, tunnels and journeys. */
import type { App } from './app.ts';
import { DAY } from './calendar.ts';
import { HOSTING_COUNTRIES, TRAVEL_COUNTRIES, place } from './catalogue.ts';
import type { Place } from './catalogue.ts';
import type { Archetype, ClientPlan, Home, Interned, SimulationOptions, Trip } from './plan.ts';
import { Rng } from './random.ts';

/** The usual exits of a token, with the share of its sessions through each. */
export function planHomes(
  rng: Rng,
  archetype: Archetype,
  client: ClientPlan,
  app: App,
  places: Interned<Place>,
): Home[] {
  const home = (at: Place, weight: number, roams = false): Home => ({
    ...{ place: places.index(at), weight, roams, from: 0, until: Infinity },
  });
  if (archetype === 'mobile') return mobileHomes(rng, client.country, home);
  if (archetype === 'office' || (archetype === 'sparse' && rng.chance(0.7))) {
    return officeHomes(rng, client, home);
  }
  return serverHomes(rng, client, app, home);
}

type HomeOf = (at: Place, weight: number, roams?: boolean) => Home;

function mobileHomes(rng: Rng, country: string, home: HomeOf): Home[] {
  const homes = [
    home(place(country, 'mobile', rng.int(4)), 50, true),
    home(place(country, 'residential', rng.int(8)), rng.between(20, 60)),
  ];
  // Cafés and friends: seldom enough that each is new when it comes.
  for (let i = 0; i < 4; i++) {
    homes.push(home(place(country, 'residential', rng.int(8)), rng.between(0.3, 2), true));
  }
  if (rng.chance(0.1)) homes.push(home(tunnel(rng, country), rng.between(1, 30), true));
  return homes;
}

function tunnel(rng: Rng, country: string): Place {
  const abroad = rng.chance(0.5) ? rng.pick(['NL', 'CH', 'US', 'GB', 'DE']) : country;
  return place(abroad, 'vpn', rng.int(4));
}

function officeHomes(rng: Rng, client: ClientPlan, home: HomeOf): Home[] {
  // All desks of a client leave through the same exits.
  const shared = new Rng(client.id, 'office');
  const homes = [
    home(place(client.country, 'residential', 8 + shared.int(4)), 75),
    home(place(client.country, 'residential', rng.int(8)), rng.between(0, 25)),
    home(place(client.country, 'mobile', rng.int(4)), rng.between(0, 3), true),
  ];
  if (shared.chance(0.3)) {
    homes.push(home(place(client.country, 'vpn', 8 + shared.int(4)), rng.between(2, 40)));
  } else if (rng.chance(0.05)) {
    homes.push(home(tunnel(rng, client.country), rng.between(0.5, 15), true));
  }
  return homes;
}

function serverHomes(rng: Rng, client: ClientPlan, app: App, home: HomeOf): Home[] {
  const shared = new Rng(client.id, 'region');
  const near = HOSTING_COUNTRIES.includes(client.country) && shared.chance(0.6);
  const region = near ? client.country : shared.pick(HOSTING_COUNTRIES);
  const [provider = 0, next = 0] = app.providers;
  const homes = [{ ...home(place(region, 'hosting', provider), 90), until: app.movesAt }];
  if (app.movesAt < Infinity) {
    const target = place(shared.pick(HOSTING_COUNTRIES), 'hosting', next);
    homes.push({ ...home(target, 90), from: app.movesAt });
  }
  // A second region takes over now and then.
  if (rng.chance(0.25)) {
    const other = place(shared.pick(HOSTING_COUNTRIES), 'hosting', provider);
    homes.push(home(other, rng.between(0.05, 30)));
  }
  return homes;
}

const PEOPLE: readonly Archetype[] = ['mobile', 'office', 'sparse'];

/** Journeys: three of ten people travel, each about every fifty days, for two to ten days. */
export function planTrips(
  rng: Rng,
  archetype: Archetype,
  country: string,
  options: SimulationOptions,
): Trip[] {
  if (!PEOPLE.includes(archetype) || !rng.chance(archetype === 'mobile' ? 0.3 : 0.05)) return [];
  const favourite = rng.pick(TRAVEL_COUNTRIES);
  const trips: Trip[] = [];
  let from = options.start - 40 * DAY + rng.exponential(50) * DAY;
  while (from < options.start + options.days * DAY) {
    const until = from + rng.between(2, 10) * DAY;
    const abroad = rng.chance(0.4) ? favourite : rng.pick(TRAVEL_COUNTRIES);
    if (until > options.start && abroad !== country) {
      trips.push({ from, until, country: abroad, homeRouted: rng.chance(0.3) });
    }
    from = until + rng.exponential(50) * DAY;
  }
  return trips;
}
