const MAX_ROUTES = 500;
const MAX_SERVICES = 500;
const DAY = 86_400_000;

/** Services beyond the bound share one set. */
const OTHERS = '';

/**
 * Bounds how many distinct routes a service may get from raw paths in a day: a scanner, or
 * identifiers that look like words, would otherwise make a route of every request.
 */
export class RouteCap {
  readonly #maxRoutes: number;
  readonly #maxServices: number;
  readonly #known = new Map<string, Set<string>>();
  #day = 0;

  constructor(maxRoutes = MAX_ROUTES, maxServices = MAX_SERVICES) {
    this.#maxRoutes = maxRoutes;
    this.#maxServices = maxServices;
  }

  /**
   * Whether a route made of a path is known today, or finds room.
   *
   * @param at epoch ms of arrival; with each UTC day it begins anew
   */
  admits(service: string, route: string, at: number): boolean {
    const day = Math.floor(at / DAY);
    if (day !== this.#day) this.#known.clear();
    this.#day = day;
    const routes = this.#of(service);
    if (routes.has(route)) return true;
    if (routes.size >= this.#maxRoutes) return false;
    routes.add(route);
    return true;
  }

  #of(service: string): Set<string> {
    const found = this.#known.get(service);
    if (found !== undefined) return found;
    const name = this.#known.size < this.#maxServices ? service : OTHERS;
    const routes = this.#known.get(name) ?? new Set<string>();
    this.#known.set(name, routes);
    return routes;
  }
}
