import { ACCEPTED } from '../detection/scope.ts';
import { DIMENSIONS, tokenJoin, clientJoin, valueOf } from './dimensions.ts';
import type { ValueType } from './condition/tree.ts';

/** What a feature tells about. */
export type FeatureGroup = 'call' | 'token' | 'client' | 'peers';

/** A named, typed column of the view that conditions are written over. */
export interface Feature {
  name: string;
  group: FeatureGroup;
  type: ValueType;
  about: string;
  /** Its value for a call `c` with the joins it needs (see contexts.ts). */
  sql: string;
  /** Names of the joins; none for what the call itself says. */
  needs: readonly string[];
  /** True when it can be unknown (NULL): then nothing that compares it holds. */
  nullable?: true;
}

/** With fewer amounts nothing is said of their percentiles. */
const LEAST_AMOUNTS = 20;
/** Something counts as new for so long after its first use. */
const NEW = 'INTERVAL 24 HOUR';

type Row = readonly [name: string, type: ValueType, sql: string, about: string];

const CALL: readonly Row[] = [
  [
    'currency',
    'text',
    'toString(c.currency)',
    'currency of the amount, as the service sent it (`EUR`)',
  ],
  ['client', 'text', 'toString(c.client_id)', 'the client that the token was issued to'],
  ['service', 'text', 'toString(c.service)', 'the service that was called'],
  ['environment', 'text', 'toString(c.environment)', 'where the service runs'],
  ['token_environment', 'text', 'toString(c.token_environment)', 'what the token was minted for'],
  ['scope', 'text', 'toString(c.scope)', 'the scope that the call exercised'],
  [
    'granted_scopes',
    'list',
    'CAST(c.granted_scopes AS Array(String))',
    'the scopes that the token carries',
  ],
  ['method', 'text', 'toString(c.method)', 'HTTP method'],
  ['route', 'text', 'toString(c.route)', 'route template (`/accounts/:id`)'],
  ['status', 'number', 'c.status', 'HTTP status; 0 when not known'],
  ['accepted', 'boolean', `(${ACCEPTED})`, 'the service let the call pass'],
  [
    'auth_methods',
    'list',
    'CAST(c.auth_methods AS Array(String))',
    'how the caller proved who it is (`mfa`)',
  ],
  ['country', 'text', 'toString(c.country)', 'country of the caller (`DE`); empty when not known'],
  [
    'asn',
    'number',
    'c.asn',
    'number of the caller’s network (autonomous system); 0 when not known',
  ],
  [
    'network_kind',
    'text',
    'toString(c.network_kind)',
    '`residential`, `mobile`, `hosting`, `vpn`, `private` or `unknown`',
  ],
  [
    'address_allowed',
    'text',
    'toString(c.address_allowed)',
    '`inside` or `outside` the allow-list of the client; `unasked` where it has none',
  ],
  ['user_agent', 'text', 'toString(c.user_agent)', 'what the caller says it is'],
  ['tls_version', 'text', 'toString(c.tls_version)', '`1.2`, `1.3`; empty when not known'],
  [
    'client_certificate',
    'boolean',
    "(c.client_cert_sha256 != toFixedString('', 32))",
    'the caller showed a client certificate',
  ],
  [
    'object_type',
    'text',
    'toString(c.object_type)',
    'kind of the object that was touched (`account`)',
  ],
  [
    'object_known',
    'boolean',
    "(c.object_hash != toFixedString('', 16))",
    'the service said which object was touched',
  ],
  [
    'request_fields',
    'list',
    'CAST(c.request_fields AS Array(String))',
    'names of the fields of the request',
  ],
  ['hour_of_day', 'number', 'toHour(c.time)', 'hour of the call, UTC, 0 to 23'],
  ['day_of_week', 'number', 'toDayOfWeek(c.time)', 'day of the call, UTC, 1 (Monday) to 7'],
];

const AMOUNT: Feature = {
  ...{ name: 'amount', group: 'call', type: 'number', sql: 'ifNotFinite(c.amount, NULL)' },
  ...{ about: 'amount that the call moved; unknown when it moved none', needs: [], nullable: true },
};

const STATED: Feature = {
  ...{ name: 'stated_seconds_ago', group: 'call', type: 'number', needs: [], nullable: true },
  sql: 'if(toUnixTimestamp(c.stated_at) = 0, NULL, toInt64(toUnixTimestamp(c.time)) - toInt64(toUnixTimestamp(c.stated_at)))',
  about: 'how long before the call the request says that it was made; unknown when it does not say',
};

function hoursSince(join: string): string {
  return `greatest(0, if(${join}.first = toDateTime64(0, 3, 'UTC'), 0, (toUnixTimestamp64Milli(c.time) - toUnixTimestamp64Milli(${join}.first)) / 3600000))`;
}

type Needing = readonly [...Row, needs: readonly string[]];

const TOKEN: readonly Needing[] = [
  [
    'token_known_hours',
    'number',
    hoursSince('token_any'),
    'hours since the token’s first call',
    ['token_any'],
  ],
  [
    'token_calls_1h',
    'number',
    'token_calls.n - token_calls_1h.n',
    'calls of the token in the hour before',
    ['token_calls', 'token_calls_1h'],
  ],
  [
    'token_calls_24h',
    'number',
    'token_calls.n - token_calls_24h.n',
    'calls of the token in the 24 hours before',
    ['token_calls', 'token_calls_24h'],
  ],
  [
    'token_denied_1h',
    'number',
    'token_calls.denied - token_calls_1h.denied',
    'of these in the hour before, answered 401 or 403',
    ['token_calls', 'token_calls_1h'],
  ],
  [
    'token_amount_24h',
    'number',
    'token_amount.n - token_amount_24h.n',
    'sum of amounts in the same currency in the 24 hours before',
    ['token_amount', 'token_amount_24h'],
  ],
  [
    'object_new_to_token',
    'boolean',
    `(c.object_hash != toFixedString('', 16) AND token_object.first > c.time - ${NEW})`,
    'the token first touched this object less than 24 hours before, or with this call',
    ['token_object'],
  ],
  [
    'token_new_objects_1h',
    'number',
    'token_objects.n - token_objects_1h.n',
    'objects that the token first touched in the hour before',
    ['token_objects', 'token_objects_1h'],
  ],
  [
    'token_new_objects_24h',
    'number',
    'token_objects.n - token_objects_24h.n',
    'objects that the token first touched in the 24 hours before',
    ['token_objects', 'token_objects_24h'],
  ],
];

const CLIENT: readonly Needing[] = [
  [
    'client_known_hours',
    'number',
    hoursSince('client_any'),
    'hours since the client’s first call',
    ['client_any'],
  ],
  [
    'client_calls_1h',
    'number',
    'client_calls.n - client_calls_1h.n',
    'calls of the client in the 60 whole minutes before',
    ['client_calls', 'client_calls_1h'],
  ],
  [
    'client_amounts_30d',
    'number',
    'client_amount.n',
    'amounts in this currency in the 30 days before the day of the call (UTC)',
    ['client_amount'],
  ],
];

const PERCENTILES: readonly Feature[] = ([50, 95, 99] as const).map((percent, i) => ({
  name: `client_amount_p${String(percent)}`,
  group: 'client',
  type: 'number',
  about: `${String(percent)}th percentile of these amounts, within 1 %; unknown with fewer than ${String(LEAST_AMOUNTS)}`,
  sql: `if(client_amount.n >= ${String(LEAST_AMOUNTS)}, toFloat64(client_amount.q[${String(i + 1)}]), NULL)`,
  needs: ['client_amount'],
  nullable: true,
}));

/** Before the call by others, without the token itself. */
function peersSql(name: string): string {
  const own = `(token_${name}.first < c.time AND token_${name}.first > toDateTime64(0, 3, 'UTC'))`;
  return `toInt64(arrayCount(x -> x < c.time, client_${name}.firsts)) - toInt64(${own})`;
}

function ofDimensions(): Feature[] {
  return DIMENSIONS.flatMap(({ name, noun, peers, several }) => {
    const isNew = (join: string): string =>
      `(${valueOf(name)} != '' AND ${join}.first > c.time - ${NEW})`;
    const told = (whose: string): string =>
      `the ${whose} first used this ${noun} less than 24 hours before, or with this call`;
    const features: Feature[] = (['token', 'client'] as const).map((whose) => ({
      name: `${name}_new_to_${whose}`,
      group: whose,
      type: 'boolean',
      about: told(whose),
      sql: isNew(`${whose}_${name}`),
      needs: [`${whose}_${name}`],
    }));
    if (peers !== undefined) {
      features.push({
        ...{ name: peers, group: 'peers', type: 'number', sql: peersSql(name) },
        about: `other tokens of the client that used this ${noun} before`,
        needs: [clientJoin(name), tokenJoin(name)],
      });
    }
    if (several !== undefined) features.push(...knownOf(name, noun, several));
    return features;
  });
}

/** What was known a day before the call: the usual places. */
function knownOf(name: string, noun: string, several: string): Feature[] {
  return (['token', 'client'] as const).map((whose) => ({
    name: `${whose}_${several}`,
    group: whose,
    type: 'list',
    about: `every ${noun} that the ${whose} used more than 24 hours before (at most 100)`,
    sql: `arrayMap(x -> x.1, arrayFilter(x -> x.2 <= c.time - ${NEW}, ${whose}_all_${name}.all))`,
    needs: [`${whose}_all_${name}`],
  }));
}

const PEERS: Feature = {
  ...{ name: 'peers', group: 'peers', type: 'number', sql: peersSql('any') },
  ...{ about: 'other tokens of the client that called before', needs: ['client_any', 'token_any'] },
};

const grouped = (group: FeatureGroup, rows: readonly Needing[]): Feature[] =>
  rows.map(([name, type, sql, about, needs]) => ({ name, group, type, sql, about, needs }));

const ORDER: readonly FeatureGroup[] = ['call', 'token', 'client', 'peers'];

/** Every feature that a condition can name, in the order of its group. */
export const FEATURES: readonly Feature[] = [
  AMOUNT,
  STATED,
  ...CALL.map(([name, type, sql, about]): Feature => ({
    name,
    group: 'call',
    type,
    sql,
    about,
    needs: [],
  })),
  ...grouped('token', TOKEN),
  ...grouped('client', CLIENT),
  ...PERCENTILES,
  ...ofDimensions(),
  PEERS,
].toSorted((a, b) => ORDER.indexOf(a.group) - ORDER.indexOf(b.group));

const BY_NAME = new Map(FEATURES.map((feature) => [feature.name, feature]));

/** A feature by its name, or undefined. */
export function featureNamed(name: string): Feature | undefined {
  return BY_NAME.get(name);
}
