import { createHash } from 'node:crypto';
import type { Drip } from '../../store/detection/drips.ts';
import type { HourRow } from '../../store/detection/hours.ts';
import type { ProfileRow } from '../../store/detection/profiles.ts';
import { bandOf, expectationAt, mixtureOf, meanOf } from './expectation.ts';
import type { Expectation } from './expectation.ts';
import { NOBODY, SILENT, parentFrom } from './parent.ts';
import {
  callsBetween,
  dripOf,
  dripRose,
  inherited,
  lastActive,
  learnHour,
  newState,
  trainedThrough,
} from './state.ts';
import type { HourSums, Parent, VolumeState } from './state.ts';

/** A client's id as a key of 32 bytes, lower-case hex: what tables of entities are sorted by. */
export function clientKey(clientId: string): string {
  return createHash('sha256').update(clientId).digest('hex');
}

/** An entity that has not called for so long is forgotten, hours. */
export const FORGOTTEN = 42 * 24;
interface ClientBook {
  id: string;
  key: string;
  state: VolumeState;
  tokens: Map<string, VolumeState>;
}

/** The expectation of one entity in an hour. */
export interface Expected {
  entity: ProfileRow['entity'];
  key: string;
  clientId: string;
  expectation: Expectation;
  /** Calls in the hours from 23 to 3 before the expected one. */
  earlier: number;
}

/** Decides whether an hour of an entity may train its baseline; see incidents and verdicts. */
export type Trains = (key: string, hour: number) => boolean;

/**
 * The volume of many entities, in memory, hour by hour: everybody, clients, and their tokens. What
 * is not known of a token is lent by its client, what is not known of a client by everybody.
 */
export interface VolumeBook {
  /** Learns one hour: rows of tokens and of clients; who has no row was silent. */
  learn: (hour: number, tokens: readonly HourRow[], clients: readonly HourRow[]) => void;
  /**
   * What is expected of an hour, of all known entities and of a new token of each client; of tokens only
   * if they called within `idle` hours.
   */
  expect: (hour: number, idle?: number) => Generator<Expected>;
  /** The same, of one entity at a time. */
  at: (hour: number) => Lookup;
  /** What is remembered of everything that is known. */
  states: () => Generator<Remembered>;
  readonly size: number;
}

/** One entity's memory. */
export interface Remembered {
  entity: 'token' | 'client' | 'all';
  key: string;
  clientId: string;
  state: VolumeState;
}

/** A token that takes over from another one of its client. */
export interface Heir {
  token: string;
  predecessor: string;
}

/** What a book takes from outside. */
export interface BookOptions {
  trains?: Trains;
  /**
   * What the average client of everybody did in an hour, for a book that holds only some clients; null
   * before anybody called.
   */
  crowd?: (hour: number) => HourSums | null;
  /**
   * How many tokens a client has once an hour is learnt, for a book that holds only some of a client's;
   * null of a client whose tokens are all in it.
   */
  sizes?: (clientId: string, hour: number) => number | null;
  /** Takes tokens whose evidence of a slow drip rose. */
  drips?: (one: Drip) => void;
  /** Who takes over at an hour, once it is learnt. */
  heirs?: (hour: number) => readonly Heir[];
}

/** Expectations of single entities in one hour. */
export interface Lookup {
  /** Of a token; of any new token of the client when it is not known; null without a client known. */
  token: (hash: string, clientId: string) => { expectation: Expectation; known: boolean } | null;
  client: (clientId: string) => Expectation | null;
}

/** The book's pages: clients with their tokens, and which client a token is found at. */
interface Pages {
  clients: Map<string, ClientBook>;
  owner: Map<string, ClientBook>;
  everybody: VolumeState | null;
  /** The hour that was learnt last. */
  hour: number;
  trains: Trains;
  options: BookOptions;
}

/** How many tokens a client has, in this book or not. */
function sizeOf({ options, hour }: Pages, client: ClientBook): number {
  return options.sizes?.(client.id, hour) ?? client.tokens.size;
}

function root(pages: Pages, hour: number): Parent {
  return pages.everybody === null ? NOBODY : parentFrom(pages.everybody, NOBODY, hour, 1);
}

function clientOf(pages: Pages, id: string, hour: number): ClientBook {
  let client = pages.clients.get(id);
  if (client === undefined) {
    client = { id, key: clientKey(id), state: newState(hour), tokens: new Map() };
    pages.clients.set(id, client);
  }
  return client;
}

/** Sees to it that a token has a state; one that moves to another client takes its history along. */
function openToken(pages: Pages, row: HourRow): void {
  const client = clientOf(pages, row.clientId, row.hour);
  const before = pages.owner.get(row.tokenHash);
  if (before === client) return;
  const state = before?.tokens.get(row.tokenHash) ?? newState(row.hour);
  before?.tokens.delete(row.tokenHash);
  pages.owner.set(row.tokenHash, client);
  client.tokens.set(row.tokenHash, state);
}

function learnTokens(pages: Pages, hour: number, tokens: readonly HourRow[], above: Parent): void {
  const rows = new Map<string, HourRow>();
  for (const row of tokens) {
    openToken(pages, row);
    rows.set(row.tokenHash, addUp(rows.get(row.tokenHash), row));
  }
  for (const client of pages.clients.values()) {
    const parent = parentFrom(client.state, above, hour, sizeOf(pages, client));
    for (const [hash, state] of client.tokens) {
      const before = dripOf(state);
      learnHour(state, parent, rows.get(hash) ?? SILENT, pages.trains(hash, hour));
      if (dripRose(before, state)) {
        const deviations = dripOf(state);
        pages.options.drips?.({ hour, tokenHash: hash, clientId: client.id, deviations });
      }
      if (hour - lastActive(state) <= FORGOTTEN) continue;
      client.tokens.delete(hash);
      pages.owner.delete(hash);
    }
  }
}

function learn(
  pages: Pages,
  hour: number,
  tokens: readonly HourRow[],
  clientRows: readonly HourRow[],
): void {
  pages.hour = hour;
  const rows = new Map(clientRows.map((row) => [row.clientId, row]));
  for (const id of rows.keys()) clientOf(pages, id, hour);
  const crowd = pages.options.crowd?.(hour);
  if (crowd === null || (crowd === undefined && pages.clients.size === 0)) return;
  pages.everybody ??= newState(hour);
  const above = root(pages, hour);
  learnTokens(pages, hour, tokens, above);
  for (const heir of pages.options.heirs?.(hour) ?? []) takeOver(pages, heir);
  for (const client of pages.clients.values()) {
    const sums = rows.get(client.id) ?? SILENT;
    learnHour(client.state, above, sums, pages.trains(client.key, hour));
    if (hour - lastActive(client.state) > FORGOTTEN) pages.clients.delete(client.id);
  }
  learnHour(pages.everybody, NOBODY, crowd ?? average(clientRows, pages.clients.size));
}

function takeOver(pages: Pages, { token, predecessor }: Heir): void {
  const client = pages.owner.get(token);
  const own = client?.tokens.get(token);
  const before = pages.owner.get(predecessor)?.tokens.get(predecessor);
  if (own === undefined || before === undefined) return;
  client?.tokens.set(token, inherited(own, before));
}

function* remembered(pages: Pages): Generator<Remembered> {
  if (pages.everybody !== null) {
    yield { entity: 'all', key: '0'.repeat(64), clientId: '', state: pages.everybody };
  }
  for (const { id, key, state, tokens } of pages.clients.values()) {
    yield { entity: 'client', key, clientId: id, state };
    for (const [hash, own] of tokens) {
      yield { entity: 'token', key: hash, clientId: id, state: own };
    }
  }
}

/** What a state expects of an hour, and what it saw of the day before it. */
export function expectedOf(
  state: VolumeState,
  parent: Parent,
  hour: number,
  siblings: number,
): Pick<Expected, 'expectation' | 'earlier'> {
  return {
    expectation: expectationAt(state, parent, hour, siblings),
    earlier: callsBetween(state, hour - 23, hour - 3),
  };
}

function* expectAll(pages: Pages, hour: number, idle = Infinity): Generator<Expected> {
  const above = root(pages, hour);
  for (const client of pages.clients.values()) {
    const siblings = sizeOf(pages, client);
    const parent = parentFrom(client.state, above, hour, siblings);
    const base = { clientId: client.id };
    const of = (state: VolumeState, over: Parent) => expectedOf(state, over, hour, siblings);
    yield { ...base, entity: 'client', key: client.key, ...of(client.state, above) };
    yield { ...base, entity: 'new', key: client.key, ...of(newState(hour), parent) };
    for (const [key, state] of client.tokens) {
      if (trainedThrough(state) - lastActive(state) > idle) continue;
      yield { ...base, entity: 'token', key, ...of(state, parent) };
    }
  }
}

function lookup(pages: Pages, hour: number): Lookup {
  const above = root(pages, hour);
  const parents = new Map<ClientBook, Parent>();
  const parentOf = (client: ClientBook): Parent => {
    let parent = parents.get(client);
    if (parent === undefined) {
      parent = parentFrom(client.state, above, hour, sizeOf(pages, client));
      parents.set(client, parent);
    }
    return parent;
  };
  return {
    token(hash, clientId) {
      const client = pages.owner.get(hash) ?? pages.clients.get(clientId);
      if (client === undefined) return null;
      const own = client.tokens.get(hash);
      const state = own ?? newState(hour);
      const expectation = expectationAt(state, parentOf(client), hour, sizeOf(pages, client));
      return { expectation, known: own !== undefined };
    },
    client(clientId) {
      const client = pages.clients.get(clientId);
      if (client === undefined) return null;
      return expectationAt(client.state, above, hour, sizeOf(pages, client));
    },
  };
}

/** An empty book. */
export function createVolumeBook(options: BookOptions = {}): VolumeBook {
  const pages: Pages = {
    clients: new Map(),
    owner: new Map(),
    everybody: null,
    hour: 0,
    trains: options.trains ?? (() => true),
    options,
  };
  return {
    learn: (hour, tokens, clients) => learn(pages, hour, tokens, clients),
    expect: (hour, idle) => expectAll(pages, hour, idle),
    at: (hour) => lookup(pages, hour),
    states: () => remembered(pages),
    get size() {
      return pages.owner.size;
    },
  };
}

function addUp(before: HourRow | undefined, row: HourRow): HourRow {
  if (before === undefined) return row;
  return {
    ...row,
    calls: before.calls + row.calls,
    q1: before.q1 + row.q1,
    q5: before.q5 + row.q5,
  };
}

function average(rows: readonly HourRow[], clients: number): HourSums {
  const sums = { calls: 0, q1: 0, q5: 0 };
  for (const row of rows) {
    sums.calls += row.calls / clients;
    sums.q1 += row.q1 / clients;
    sums.q5 += row.q5 / clients;
  }
  return sums;
}

/** An expectation as the row that is stored, with the band that dashboards draw. */
export function profileRow(expected: Expected): ProfileRow {
  const { entity, key, clientId, expectation, earlier } = expected;
  const mixture = mixtureOf(expectation, 2, 59, 1);
  return {
    hour: expectation.hour,
    entity,
    key,
    clientId,
    expected: meanOf(mixture),
    ...bandOf(mixture),
    ageHours: expectation.ageHours,
    meanA: expectation.means.a,
    meanB: expectation.means.b,
    prevA: expectation.before.a,
    prevB: expectation.before.b,
    dayA: expectation.day.a,
    dayB: expectation.day.b,
    earlier,
    phi: expectation.phi,
    psi: expectation.psi,
    weights: expectation.weights,
    siblings: expectation.siblings,
  };
}

/** The expectation that a stored row holds. */
export function expectationOfRow(row: ProfileRow): Expectation {
  return {
    hour: row.hour,
    ageHours: row.ageHours,
    means: { a: row.meanA, b: row.meanB },
    before: { a: row.prevA, b: row.prevB },
    day: { a: row.dayA, b: row.dayB },
    phi: row.phi,
    psi: row.psi,
    weights: row.weights,
    siblings: row.siblings,
  };
}
