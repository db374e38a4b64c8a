/** A parameter in any framework's writing: `:id`, `{id}`, `<int:id>`, `[id]`, `*`, `(\\d+)`. */
const PARAMETER = /^[:*<{[(].*$|^.*[{<].*[}>].*$/;

/**
 * A route with every parameter written `{}`, whatever the framework calls it, without a closing
 * slash: `/users/:id/`, `/users/{userId}` and `/users/<int:id>` are all `/users/{}`.
 */
export function commonRoute(route: string): string {
  const segments = route.split('/').filter((segment) => segment !== '');
  return `/${segments.map((one) => (PARAMETER.test(one) ? '{}' : one)).join('/')}`;
}

/**
 * Whether a route that was seen is the documented one. A documented parameter also stands for a
 * plain word: in the path of a service that reports no routes, an identifier may look like one.
 *
 * @param documented by {@link commonRoute}
 * @param seen by {@link commonRoute}
 */
export function isRoute(documented: string, seen: string): boolean {
  const pattern = documented.split('/');
  const segments = seen.split('/');
  return (
    pattern.length === segments.length &&
    pattern.every((one, index) => one === '{}' || one === segments[index])
  );
}
