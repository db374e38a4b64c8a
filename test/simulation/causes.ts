/** What was going on with a token: why a false alarm came about. Pure. */
import { DAY, HOUR, isDayOff, isMonthEnd } from './calendar.ts';
import { ROUTES } from './catalogue.ts';
import type { TokenPlan, World } from './plan.ts';

function within(time: number, since: number, hours: number): boolean {
  return time >= since && time - since <= hours * HOUR;
}

function ofChanges(world: World, token: TokenPlan, at: number): string[] {
  const causes: string[] = [];
  const began = token.uses.filter((use) => use.from > 0 && within(at, use.from, 24));
  if (began.length > 0) causes.push('deployment');
  const moved = token.homes.some((home) => home.from > 0 && within(at, home.from, 24));
  if (moved) causes.push('provider moved');
  if (token.step.at > 0 && within(at, token.step.at, 72)) causes.push('level shift');
  const life = token.lives.findLast((one) => one.from <= at);
  const first = token.lives[0];
  if (life !== undefined && life !== first && within(at, life.from, 72)) causes.push('rotation');
  if (life === first && first !== undefined && first.from > world.options.start) {
    if (within(at, first.from, 7 * 24)) causes.push('new token');
  }
  return causes;
}

/**
 * The benign things out of the ordinary that happened to a token (or, without a hash, to any token
 * of a client) around a moment; empty when it was an ordinary one.
 *
 * @param at epoch ms
 */
export function causesAt(
  world: World,
  who: { tokenHash: string; client: string },
  at: number,
): string[] {
  const causes = new Set<string>();
  const tokens = world.tokens.filter((token) =>
    who.tokenHash === ''
      ? token.client.id === who.client
      : token.lives.some((life) => life.hash === who.tokenHash),
  );
  for (const token of tokens) {
    for (const cause of ofChanges(world, token, at)) causes.add(cause);
    if (token.storms.some((s) => s.from <= at && at <= s.until + HOUR)) causes.add('retry storm');
    if (token.trips.some((t) => t.from <= at && at <= t.until + DAY)) causes.add('journey');
    const services = token.uses.map((use) => ROUTES[use.route]?.service);
    const outage = world.outages.find((o) => o.from <= at && at <= o.until + HOUR);
    if (outage !== undefined && services.includes(outage.service)) causes.add('outage');
  }
  const country = tokens[0]?.client.country ?? '';
  if (isMonthEnd(at, country)) causes.add('month end');
  if (isDayOff(at, country) && !isDayOff(at + 7 * DAY, country)) causes.add('holiday');
  return [...causes].sort();
}
