/**
 * What a route was made of: the template that the service reports, or the path of a call that was
 * answered (2xx), or of one that was not. Each has room of its own, so that a scanner who meets
 * nothing but 404 takes none from the routes that answer.
 */
export type RouteKind = 'reported' | 'answered' | 'refused';

const MAX_ROUTES: Readonly<Record<RouteKind, number>> = {
  reported: 2000,
  answered: 500,
  refused: 500,
};
const MAX_SERVICES = 2000;
/** Of all services together: some 20 MB. */
const MAX_TOTAL = 100_000;
const DAY = 86_400_000;

/** Services beyond the bound share one set. */
const OTHERS = '';

/** The routes of one kind that a service has had today. */
export interface RouteRoom {
  /** No two rooms have the same, so a text may remember the one that it was let into. */
  readonly number: number;
  readonly routes: Set<string>;
}

type Known = Readonly<Record<RouteKind, RouteRoom>>;

/** How many routes there is room for: of a service by kind, of how many services, and of all together. */
export interface RouteBounds {
  routes: Readonly<Record<RouteKind, number>>;
  services: number;
  total: number;
}

const BOUNDS: RouteBounds = { routes: MAX_ROUTES, services: MAX_SERVICES, total: MAX_TOTAL };

/**
 * Bounds how many distinct routes a service may get in a day: a scanner, identifiers that look like
 * words, or a framework that reports paths as routes would otherwise make a route of every request.
 */
export class RouteCap {
  readonly #bounds: RouteBounds;
  readonly #known = new Map<string, Known>();
  #day = 0;
  #total = 0;
  /** Calls of one service come together. */
  #lastService: string | null = null;
  #last: Known = emptyRooms();

  constructor(bounds: RouteBounds = BOUNDS) {
    this.#bounds = bounds;
  }

  /**
   * Whether a route is known today, or finds room.
   *
   * @param at epoch ms of arrival; with each UTC day it begins anew
   */
  admits(service: string, route: string, kind: RouteKind, at: number): boolean {
    return this.admitsTo(this.room(service, kind, at), route, kind);
  }

  /** Where the routes of that kind stand which a service has on the day of `at` (epoch ms). */
  room(service: string, kind: RouteKind, at: number): RouteRoom {
    const day = Math.floor(at / DAY);
    if (day !== this.#day) this.#beginDay(day);
    return this.#of(service)[kind];
  }

  /** The same as {@link admits}, for a room of that kind. */
  admitsTo({ routes }: RouteRoom, route: string, kind: RouteKind): boolean {
    if (routes.has(route)) return true;
    const { routes: most, total } = this.#bounds;
    if (routes.size >= most[kind] || this.#total >= total) return false;
    routes.add(route);
    this.#total++;
    return true;
  }

  #beginDay(day: number): void {
    this.#day = day;
    this.#known.clear();
    this.#total = 0;
    this.#lastService = null;
  }

  #of(service: string): Known {
    if (service === this.#lastService) return this.#last;
    this.#last = this.#found(service);
    this.#lastService = service;
    return this.#last;
  }

  #found(service: string): Known {
    const found = this.#known.get(service);
    if (found !== undefined) return found;
    const name = this.#known.size < this.#bounds.services ? service : OTHERS;
    const routes = this.#known.get(name) ?? emptyRooms();
    this.#known.set(name, routes);
    return routes;
  }
}

let rooms = 0;

function emptyRoom(): RouteRoom {
  return { number: ++rooms, routes: new Set() };
}

function emptyRooms(): Known {
  return { reported: emptyRoom(), answered: emptyRoom(), refused: emptyRoom() };
}

/**
 * Under which the hosts are counted that proxies name in place of a service: whoever calls writes them.
 * No service is called so.
 */
export const HOSTS = ' hosts';

/** The route of a call that has no room left among those of its service. */
export const OTHER_ROUTE = '/{other}';

/** Of which kind the route of a path is. */
export function pathKind(status: number): RouteKind {
  return status >= 200 && status < 300 ? 'answered' : 'refused';
}
