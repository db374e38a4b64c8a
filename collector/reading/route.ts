import { maskText } from './mask.ts';

const MAX_SEGMENTS = 10;
const MAX_SEGMENT = 40;

const DATE = /^\d{4}-\d{2}(?:-\d{2})?(?:T[\d:.%+Z-]*)?$/i;
const VERSION = /^v\d{1,3}(?:\.\d{1,3})?(?:(?:alpha|beta|rc)\d*)?$/i;
const HEX = /^[0-9a-f]{8,}$/i;

function decoded(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    // Not an encoding at all: judge it as it stands.
    return segment;
  }
}

/** Whether a segment names one thing rather than a kind of thing. */
function isValue(segment: string): boolean {
  if (VERSION.test(segment)) return false;
  if (segment.length > MAX_SEGMENT || /[@\s:,;=]/.test(segment)) return true;
  const digits = segment.replace(/\D/g, '').length;
  if (digits === 0) return HEX.test(segment) && segment.length >= 16;
  // `2fa`, `oauth2`, `sha256` are words; `acc-4711`, `DE89370400440532013000` are values.
  return digits === segment.length || digits >= 3 || (digits * 2 > segment.length && digits > 1);
}

function template(segment: string): string {
  if (segment === '') return '';
  const plain = decoded(segment);
  if (DATE.test(plain)) return ':date';
  if (isValue(plain) || /[^\w.~!$&'()*+-]/.test(plain)) return ':id';
  return maskText(plain).masked.length > 0 ? ':id' : plain;
}

/**
 * The route template of a raw path or URL: what names one thing (ids, UUIDs, hashes, dates, mail
 * addresses, long tokens) becomes `:id` or `:date`, query and fragment are dropped. Used where a
 * service reports no route; a raw path is never kept.
 */
export function routeOfPath(target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  const segments = path.split('/').filter((segment) => segment !== '');
  if (segments.length === 0) return '/';
  const kept = segments.slice(0, MAX_SEGMENTS).map(template);
  return `/${kept.join('/')}${segments.length > MAX_SEGMENTS ? '/*' : ''}`;
}

/** A segment of a template that is a parameter or a pattern, in any framework's writing. */
const PARAMETER = /^[:*{<[(]|[}>\])]$/;

/**
 * A route that a service reports, with the values that some frameworks leave in it masked: only
 * parameters and plain words stay.
 */
export function routeOfTemplate(route: string): string {
  const path = route.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/\?.*$/s, '');
  if (!/\d|@|%/.test(path) && path.length < 200) return path;
  return path
    .slice(0, 500)
    .split('/')
    .map((segment) =>
      segment === '' || (PARAMETER.test(segment) && maskText(segment).masked.length === 0)
        ? segment
        : template(segment),
    )
    .join('/');
}

/** Gateways write the expressions by which they choose a route in this way. */
const EXPRESSION = /^[~^]/;

/** Whether a route has a place for values, in any framework's writing. */
export function isTemplate(route: string): boolean {
  return /[:*{<[(]/.test(route) && !EXPRESSION.test(route);
}

/**
 * Whether a route without parameters says only how a path begins, as a location of NGINX, a route of
 * Kong and the place where a handler is mounted do, or is an expression: the path says more.
 *
 * @param path as `routeOfPath` gives it
 */
export function saysLess(route: string, path: string): boolean {
  if (path === '') return false;
  if (EXPRESSION.test(route)) return true;
  if (path.length <= route.length || !path.startsWith(route)) return false;
  return route.endsWith('/') || path[route.length] === '/';
}
