/** Brings simulated calls into the `calls` table, or turns them into Call objects. */
import { Readable } from 'node:stream';
import { emptyCall } from '../../model/call.ts';
import type { Call } from '../../model/call.ts';
import type { Pseudonym } from '../../model/hash.ts';
import type { Db } from '../../store/db.ts';
import { TABLES } from '../../store/tables.ts';
import { ROUTES } from './catalogue.ts';
import type { World } from './plan.ts';
import { RowBinary } from './row-binary.ts';
import type { Rows } from './rows.ts';

const COLUMNS = [
  ...['time', 'token_hash', 'client_id', 'token_environment', 'token_issued_at'],
  ...['token_expires_at', 'granted_scopes', 'environment', 'service', 'scope', 'method', 'route'],
  ...['object_type', 'status', 'auth_result', 'ip_hash', 'country', 'asn', 'network_kind'],
  ...['user_agent', 'object_hash', 'nonce_hash', 'source'],
];
const ENVIRONMENTS = ['production', 'staging'];
const KINDS = ['unknown', 'private', 'residential', 'mobile', 'hosting', 'vpn'];
const [REJECTED, ACCEPTED] = [3, 2];
const IMPORT = 2;

function hex128(a: number, b: number, c: number): Pseudonym {
  const part = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');
  return `${part(a)}${part(b)}${part(c)}00000001` as Pseudonym;
}

/**
 * One simulated call as the collector would hand it on.
 *
 * @param index must be below the table's length
 */
export function asCall(world: World, rows: Rows, index: number): Call {
  const row = rows.row(index);
  const token = world.tokens[row.slot];
  const life = token?.lives[row.life];
  const route = ROUTES[row.route];
  const exit = world.places.values[row.place];
  if (token === undefined || life === undefined || route === undefined || exit === undefined) {
    throw new RangeError(`row ${index} does not belong to this world`);
  }
  return {
    ...emptyCall(Math.floor(row.time), 'import'),
    ...{ tokenHash: life.hash, clientId: token.client.id, service: route.service },
    environment: ENVIRONMENTS[row.environment] ?? '',
    tokenEnvironment: token.tokenEnvironment,
    ...{ tokenIssuedAt: life.issuedAt, tokenExpiresAt: life.expiresAt },
    grantedScopes: [...token.granted],
    ...{ scope: route.scope, method: route.method, route: route.route, status: row.status },
    authResult: row.status === 401 ? 'rejected' : 'accepted',
    ipHash: hex128(1 + row.place, row.ip, 0),
    ...{ country: exit.country, asn: exit.asn, networkKind: exit.kind },
    userAgent: world.agents.values[row.agent] ?? '',
    objectType: route.objectType,
    objectHash: row.object === 0 ? '' : hex128(1 + row.slot, row.object, 1),
    nonceHash: row.nonce === 0 ? '' : hex128(1 + row.slot, row.nonce, 2),
  };
}

/** Pre-encoded pieces of rows: all that repeats from call to call. */
class Pieces {
  readonly #kept = new Map<number, Buffer>();

  get(key: number, encode: (out: RowBinary) => void): Buffer {
    let piece = this.#kept.get(key);
    if (piece === undefined) {
      const out = new RowBinary(256);
      encode(out);
      piece = Buffer.from(out.bytes());
      this.#kept.set(key, piece);
    }
    return piece;
  }
}

/** Encodes tables of calls of one world for ClickHouse, in the order of `COLUMNS`. */
export function createEncoder(world: World): (rows: Rows, from: number, until: number) => Buffer {
  const [tokens, routes, exits, agents] = [new Pieces(), new Pieces(), new Pieces(), new Pieces()];
  const tokenPiece = (slot: number, life: number, environment: number): Buffer =>
    tokens.get((slot * 64 + life) * 2 + environment, (out) => {
      const token = world.tokens[slot];
      const credential = token?.lives[life];
      out.hex(credential?.hash ?? '00'.repeat(32));
      out.text(token?.client.id ?? '');
      out.text(token?.tokenEnvironment ?? '');
      out.uint32(credential?.issuedAt ?? 0);
      out.uint32(credential?.expiresAt ?? 0);
      out.texts(token?.granted ?? []);
      out.text(ENVIRONMENTS[environment] ?? '');
    });
  const routePiece = (index: number): Buffer =>
    routes.get(index, (out) => {
      const route = ROUTES[index];
      for (const key of ['service', 'scope', 'method', 'route', 'objectType'] as const) {
        out.text(route?.[key] ?? '');
      }
    });
  const exitPiece = (index: number): Buffer =>
    exits.get(index, (out) => {
      const exit = world.places.values[index];
      out.text(exit?.country ?? '');
      out.uint32(exit?.asn ?? 0);
      out.uint8(KINDS.indexOf(exit?.kind ?? 'unknown'));
    });
  const agentPiece = (index: number): Buffer =>
    agents.get(index, (out) => out.text(world.agents.values[index] ?? ''));
  return (rows, from, until) => {
    const out = new RowBinary((until - from) * 300);
    for (let i = from; i < until; i++) {
      const row = rows.row(i);
      out.int64(Math.floor(row.time));
      out.raw(tokenPiece(row.slot, row.life, row.environment));
      out.raw(routePiece(row.route));
      out.uint16(row.status);
      out.uint8(row.status === 401 ? REJECTED : ACCEPTED);
      out.words(1 + row.place, row.ip, 0);
      out.raw(exitPiece(row.place));
      out.raw(agentPiece(row.agent));
      out.words(row.object === 0 ? 0 : 1 + row.slot, row.object, 1);
      out.words(row.nonce === 0 ? 0 : 1 + row.slot, row.nonce, 2);
      out.uint8(IMPORT);
    }
    return out.bytes();
  };
}

/** Takes tables of calls and inserts them in large blocks, which costs the views least. */
export interface Loader {
  add(rows: Rows): Promise<void>;
  /** Inserts what is left; resolves when ClickHouse has committed everything. */
  finish(): Promise<void>;
}

/**
 * A loader for one world's calls.
 *
 * @param block calls in one insert; as many are held in memory, encoded (some 250 bytes each)
 */
export function createLoader(db: Db, world: World, block = 250_000): Loader {
  const encode = createEncoder(world);
  const query = `INSERT INTO ${db.database}.${TABLES.calls} (${COLUMNS.join(', ')}) FORMAT RowBinary`;
  let bodies: Buffer[] = [];
  let waiting = 0;
  const finish = async (): Promise<void> => {
    if (waiting === 0) return;
    const { stream } = await db.client.exec({ query, values: Readable.from(bodies) });
    for await (const _ of stream) {
      // Drained so that the connection is free again.
    }
    bodies = [];
    waiting = 0;
  };
  return {
    async add(rows) {
      for (let from = 0; from < rows.length;) {
        const until = Math.min(rows.length, from + block - waiting);
        bodies.push(encode(rows, from, until));
        waiting += until - from;
        from = until;
        if (waiting >= block) await finish();
      }
    },
    finish,
  };
}
