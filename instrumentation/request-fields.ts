const MAX_FIELDS = 64;
const MAX_DEPTH = 3;
/** A key that looks like data (a mail address used as a key, say) is no field name. */
const FIELD_NAME = /^[A-Za-z_$][\w$-]{0,63}$/;

/**
 * The names of a parsed body's fields, nested ones with dots, sorted by appearance: `amount`,
 * `creditor.iban`. Never a value. Bounded to 64 names, three levels.
 */
export function requestFields(body: unknown): string[] {
  const names: string[] = [];
  collect(body, '', MAX_DEPTH, names);
  return names;
}

function collect(value: unknown, prefix: string, depth: number, into: string[]): void {
  if (!isPlainObject(value)) return;
  for (const key in value) {
    if (into.length >= MAX_FIELDS) return;
    if (!Object.hasOwn(value, key) || !FIELD_NAME.test(key)) continue;
    const name = prefix + key;
    into.push(name);
    if (depth > 1) collect(value[key], `${name}.`, depth - 1, into);
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value)
  );
}
