import type { Db } from '../../store/db.ts';

/** How large the installation is that {@link buildWorld} makes. */
export interface TickWorld {
  /** Known tokens; clients are a hundredth. */
  tokens: number;
  /** Tokens that call in one minute. */
  active: number;
  /** Epoch seconds, the beginning of a minute: history ends there. */
  until: number;
  /** Everything is drawn from hashes of this. */
  seed: number;
}

const HASH = `toFixedString(SHA256(concat({salt:String}, toString(i))), 32)`;
/** Three in ten tokens do the daily work; the rest called at some time in the four weeks. */
const BUSY = 3;
const COUNTRIES = ['DE', 'FR', 'GB', 'NL', 'PL'];
const AGENTS = ['okhttp/4.12', 'python-requests/2.32', 'axios/1.7', 'Go-http-client/2.0'];
const list = (texts: readonly string[]): string => texts.map((text) => `'${text}'`).join(', ');

const CLIENT = `concat('client-', toString(i % {clients:UInt32}))`;
const COUNTRY = `[${list(COUNTRIES)}][1 + (i % {clients:UInt32}) % ${String(COUNTRIES.length)}]`;
const AGENT = `[${list(AGENTS)}][1 + (i % {clients:UInt32}) % ${String(AGENTS.length)}]`;
const SCOPE = (draw: string): string =>
  `['accounts:read', 'balances:read', 'payments:write'][1 + ${draw}]`;

function params(world: TickWorld): Record<string, unknown> {
  const { tokens, active, until, seed } = world;
  const busy = Math.max(1, Math.round((tokens * BUSY) / 10));
  return {
    ...{ tokens, busy, until, salt: `bench ${String(seed)} `, seed },
    clients: Math.max(1, Math.round(tokens / 100)),
    // A busy token calls in so many minutes of a thousand.
    share: Math.round((1000 * active) / busy),
  };
}

const LARGE = { max_insert_block_size: '262144', max_execution_time: 600 } as const;

/** Minutes of the last two and a half hours; hours of tokens and minutes of clients follow by views. */
async function minutes(db: Db, world: TickWorld, count: number): Promise<void> {
  for (let m = count; m > 0; m -= 30) {
    await db.command(
      `INSERT INTO ${db.database}.token_minute (minute, token_hash, client_id, calls, denied, not_found, failed, written_at)
       SELECT toDateTime({until:UInt32} - 60 * m), ${HASH}, ${CLIENT}, 1 + draw % 2, 0, 0, 0,
         toDateTime({until:UInt32} - 60 * m)
       FROM (SELECT number AS i, {m:UInt32} - arrayJoin(range({some:UInt32})) AS m, cityHash64(i, m, {seed:UInt32}) AS draw
             FROM numbers({busy:UInt32}))
       WHERE intDiv(draw, 2) % 1000 < {share:UInt32}`,
      { ...params(world), m, some: Math.min(30, m) },
      LARGE,
    );
  }
}

/** Hours of the day before, and one a day over four weeks. */
async function hours(db: Db, world: TickWorld): Promise<void> {
  for (let day = 28; day > 0; day -= 1) {
    const each = day === 1 ? 'range(3, 24)' : `[1 + i % 23]`;
    const count = day === 1 ? '{busy:UInt32}' : '{tokens:UInt32}';
    await db.command(
      `INSERT INTO ${db.database}.token_hour (hour, token_hash, client_id, calls, denied, not_found, failed)
       SELECT toStartOfHour(toDateTime({until:UInt32} - 86400 * ({day:UInt32} - 1) - 3600 * h)), ${HASH}, ${CLIENT},
         15 + cityHash64(i, h, {day:UInt32}) % 30, 0, 0, 0
       FROM (SELECT number AS i, arrayJoin(${each}) AS h FROM numbers(${count}))`,
      { ...params(world), day },
      LARGE,
    );
  }
}

/** What tokens are known for: values of five days in the four weeks; what is known of clients follows by views. */
async function values(db: Db, world: TickWorld): Promise<void> {
  for (const day of [27, 20, 13, 6, 1]) {
    await db.command(
      `INSERT INTO ${db.database}.token_values (token_hash, dimension, value, hour, client_id, calls, first_seen, last_seen)
       SELECT ${HASH}, d.1, d.2, h, ${CLIENT}, 3, h + INTERVAL 1 SECOND, h + INTERVAL 2 SECOND
       FROM (SELECT number AS i, toStartOfHour(toDateTime({until:UInt32} - 86400 * {day:UInt32} - 3600 * (number % 20))) AS h
             FROM numbers({tokens:UInt32}))
       ARRAY JOIN [('any', '*'), ('scope', ${SCOPE('(i + {day:UInt32}) % 3')}), ('route', 'GET /accounts/:id'),
         ('country', ${COUNTRY}), ('asn', toString(64500 + (i % {clients:UInt32}) % 400)), ('network_kind', 'hosting'),
         ('environment', 'production'), ('user_agent', ${AGENT})] AS d`,
      { ...params(world), day },
      LARGE,
    );
  }
  await db.command(
    `INSERT INTO ${db.database}.token_values (token_hash, dimension, value, hour, client_id, calls, first_seen, last_seen)
     SELECT ${HASH}, 'scope', arrayJoin(['accounts:read', 'balances:read', 'payments:write']), h, ${CLIENT}, 3, h, h
     FROM (SELECT number AS i, toStartOfHour(toDateTime({until:UInt32} - 86400 * 25)) AS h FROM numbers({tokens:UInt32}))`,
    params(world),
    LARGE,
  );
}

/**
 * States as four weeks of such calls leave them, trained through four hours before the end: the layout
 * is that of detector/volume/state.ts.
 */
async function states(db: Db, world: TickWorld): Promise<void> {
  const hour = Math.floor(world.until / 3600) - 4;
  const vector = `arrayConcat(
      [toFloat32({base:UInt32}), {hour:UInt32}, rate * 1400, 1400, -200, -210, -220, 0, 0, last],
      arrayMap(w -> toFloat32(rate * [300, 300, 300, 300][w]), [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]),
      arrayMap(k -> toFloat32(rate), range(24)), arrayMap(k -> toFloat32(rate), range(24)),
      arrayMap(k -> toFloat32(rate * 8 + (cityHash64(i, k) % 100) / 50), range(168)),
      arrayMap(k -> toFloat32(8), range(168)),
      [toFloat32({base:UInt32}), 0], arrayMap(k -> toFloat32(rate), range(24)))`;
  const insert = async (entity: string, key: string, client: string, rate: string, n: string) =>
    db.command(
      `INSERT INTO ${db.database}.volume_state (entity, entity_key, client_id, hour, active, state, version, gone)
       SELECT '${entity}', ${key}, ${client}, toDateTime({hour:UInt32} * 3600), toDateTime(last * 3600), ${vector}, 1, 0
       FROM (SELECT number AS i, toFloat32(${rate}) AS rate,
               toFloat32({hour:UInt32} - if(i < {busy:UInt32}, 0, i % 600)) AS last FROM numbers(${n}))`,
      { ...params(world), hour, base: hour - 669 },
      { ...LARGE, max_block_size: '16384', min_insert_block_size_rows: '65536' },
    );
  await insert('token', HASH, CLIENT, `if(i < {busy:UInt32}, 30, 0.5)`, '{tokens:UInt32}');
  await insert('client', `toFixedString(SHA256(${CLIENT}), 32)`, CLIENT, '900', '{clients:UInt32}');
  await insert('all', `toFixedString('', 32)`, `''`, '900', '1');
}

/** Fills the tables that the detector reads, inside ClickHouse, unless it was done before. */
export async function buildWorld(db: Db, world: TickWorld): Promise<void> {
  const rows = await db.query(`SELECT 1 FROM ${db.database}.volume_state LIMIT 1`);
  if (rows.length > 0) return;
  await hours(db, world);
  await values(db, world);
  await states(db, world);
}

/**
 * The minutes before the world's end, quickly made.
 *
 * @param until epoch seconds, the beginning of a minute: what comes after it is left to calls that arrive
 */
export async function bringUpToDate(db: Db, built: TickWorld, until: number): Promise<void> {
  const world = { ...built, until };
  const [row] = await db.query<{ last: number }>(
    `SELECT toUnixTimestamp(max(minute)) AS last FROM ${db.database}.token_minute
     WHERE minute < toDateTime({until:UInt32})`,
    { until: world.until },
  );
  const missing = Math.floor((world.until - (row?.last ?? 0)) / 60) - 1;
  await minutes(db, world, Math.min(150, missing));
}

/**
 * Lets some calls arrive: of busy tokens, in [from, to), epoch ms; one in 50,000 from a country that is
 * new to it, and some in a thousand refused or not found.
 */
export async function letCallsArrive(
  db: Db,
  world: TickWorld,
  calls: number,
  range: { from: number; to: number },
): Promise<void> {
  await db.command(
    `INSERT INTO ${db.database}.calls (time, ingested_at, token_hash, client_id, service, environment,
       token_environment, scope, method, route, status, auth_result, country, asn, network_kind, user_agent, source)
     SELECT fromUnixTimestamp64Milli(toInt64({from:Int64} + draw % {span:Int64})) AS t,
       if({to:Int64} > toUnixTimestamp64Milli(now64(3)), now64(3), t), ${HASH}, ${CLIENT}, 'accounts',
       'production', 'production', ${SCOPE('draw % 3')}, 'GET', '/accounts/:id',
       multiIf(cityHash64(draw) % 1000 < 2, 403, cityHash64(draw) % 1000 < 7, 404, 200), 'accepted',
       if(draw % 50000 = 0, 'BR', ${COUNTRY}), toUInt32(64500 + (i % {clients:UInt32}) % 400), 'hosting', ${AGENT}, 'otlp'
     FROM (SELECT intDiv(cityHash64(number, {from:Int64}, {seed:UInt32}), 1000) AS draw,
             cityHash64(number, {from:Int64}, 7) % {busy:UInt32} AS i FROM numbers({calls:UInt32}))`,
    { ...params(world), ...range, span: Math.max(1, range.to - range.from), calls },
  );
}

/** The simplest question of the same kind: who called how often in the last minute? Its time in ms. */
export async function bareQuery(db: Db, until: number): Promise<number> {
  const started = performance.now();
  await db.command(
    `SELECT token_hash, count() FROM ${db.database}.calls
     WHERE toStartOfHour(time) >= toStartOfHour(toDateTime({from:UInt32})) AND time >= toDateTime({from:UInt32})
     GROUP BY token_hash FORMAT Null`,
    { from: Math.floor(until / 1000) - 60 },
  );
  return performance.now() - started;
}
