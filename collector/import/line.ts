/** One call as an import file says it; absent is absent, nothing is guessed. */
export interface ImportedCall {
  /** Epoch ms. */
  time: number;
  token?: string;
  token_hash?: string;
  client?: string;
  subject?: string;
  service?: string;
  environment?: string;
  token_environment?: string;
  token_issued_at?: number;
  token_expires_at?: number;
  token_certificate_sha256?: string;
  granted_scopes?: string[];
  scope?: string;
  method?: string;
  route?: string;
  path?: string;
  status?: number;
  ip?: string;
  country?: string;
  user_agent?: string;
  auth_result?: string;
  object_type?: string;
  object?: string;
  object_owner?: string;
  nonce?: string;
  /** When the request says that it was made, Unix seconds. */
  stated_at?: number;
  fields?: string[];
  amount?: number;
  currency?: string;
  tls_version?: string;
  client_cert_sha256?: string;
}

export type LineOutcome = { ok: true; call: ImportedCall } | { ok: false; problem: string };

/** Reads a value, or returns undefined when it is not what the key holds. */
type Read = (value: unknown) => string | number | string[] | undefined;

/** 1970 to 2100: what the store's time columns hold. */
const LATEST = Date.UTC(2100, 0);
/** Numbers below this are seconds, not milliseconds: it is 1973 as the latter. */
const EARLIEST_MILLISECONDS = 1e11;
const MAX_SECONDS = 0xffff_ffff;

const text: Read = (value) => (typeof value === 'string' ? value : undefined);

/** Identifiers are sometimes written as numbers. */
const name: Read = (value) =>
  typeof value === 'number' && Number.isFinite(value) ? String(value) : text(value);

const number: Read = (value) => {
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof read === 'number' && Number.isFinite(read) ? read : undefined;
};

const time: Read = (value) => {
  const read =
    typeof value === 'string' && !/^\d+$/.test(value) ? Date.parse(value) : number(value);
  const inRange = typeof read === 'number' && read >= EARLIEST_MILLISECONDS && read < LATEST;
  return inRange ? Math.floor(read) : undefined;
};

/** Unix seconds, or an ISO time. */
const seconds: Read = (value) => {
  const given = number(value);
  const read = typeof value === 'string' && given === undefined ? Date.parse(value) / 1000 : given;
  const inRange = typeof read === 'number' && read >= 0 && read <= MAX_SECONDS;
  return inRange ? Math.floor(read) : undefined;
};

const status: Read = (value) => {
  const read = number(value);
  return typeof read === 'number' && read >= 0 && read <= 999 ? Math.floor(read) : undefined;
};

const texts: Read = (value) => {
  if (typeof value === 'string') return value.split(/[\s,]+/).filter((word) => word !== '');
  if (!Array.isArray(value)) return undefined;
  return value.every((item) => typeof item === 'string') ? value : undefined;
};

/** Every key that is read, how, and in which words a wrong value is told. */
const KEYS: Readonly<Record<keyof ImportedCall, readonly [Read, string]>> = {
  time: [time, 'an ISO time or epoch milliseconds'],
  token: [text, 'text'],
  token_hash: [hash(64), '64 hexadecimal digits'],
  client: [name, 'text'],
  subject: [name, 'text'],
  service: [text, 'text'],
  environment: [text, 'text'],
  token_environment: [text, 'text'],
  token_issued_at: [seconds, 'Unix seconds'],
  token_expires_at: [seconds, 'Unix seconds'],
  token_certificate_sha256: [hash(64), '64 hexadecimal digits'],
  granted_scopes: [texts, 'a list of texts'],
  scope: [text, 'text'],
  method: [text, 'text'],
  route: [text, 'text'],
  path: [text, 'text'],
  status: [status, 'an HTTP status'],
  ip: [text, 'text'],
  country: [text, 'text'],
  user_agent: [text, 'text'],
  auth_result: [text, 'text'],
  object_type: [text, 'text'],
  object: [name, 'text'],
  object_owner: [name, 'text'],
  nonce: [name, 'text'],
  stated_at: [seconds, 'Unix seconds'],
  fields: [texts, 'a list of names'],
  amount: [number, 'a number'],
  currency: [text, 'text'],
  tls_version: [name, 'text'],
  client_cert_sha256: [hash(64), '64 hexadecimal digits'],
};

function hash(digits: number): Read {
  const pattern = new RegExp(`^[0-9a-fA-F]{${digits}}$`);
  return (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined);
}

/**
 * Reads one decoded line. Values that do not fit are told by key and expectation, never quoted:
 * they may be what must not be written anywhere.
 *
 * @param onUnknown told of each key that is not read
 */
export function readCall(value: unknown, onUnknown: (key: string) => void): LineOutcome {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, problem: 'expected a JSON object' };
  }
  const call: Record<string, unknown> = {};
  for (const [key, given] of Object.entries(value)) {
    if (!Object.hasOwn(KEYS, key)) {
      onUnknown(key);
      continue;
    }
    if (given === null) continue;
    const [read, expected] = KEYS[key as keyof ImportedCall];
    const taken = read(given);
    if (taken === undefined) return { ok: false, problem: `${key}: expected ${expected}` };
    call[key] = taken;
  }
  if (call['time'] === undefined) return { ok: false, problem: 'time: is missing' };
  return { ok: true, call: call as unknown as ImportedCall };
}
