import type { NetworkName } from './networks.ts';
import type { Environment, OperationName } from './operations.ts';
import type { Profile } from './rhythm.ts';

/** What a token is used for: operations with their shares, and what it may do beyond. */
export interface Role {
  mix: Partial<Record<OperationName, number>>;
  /** Scopes granted and never used: what a thief would try. */
  spare: readonly string[];
}

const reader: Role = { mix: { account: 5, balance: 4, transactions: 2 }, spare: ['owners:read'] };
const payer: Role = { mix: { pay: 5, payment: 4, balance: 2 }, spare: ['payments:refund'] };
const bookkeeper: Role = {
  mix: { transactions: 6, balance: 2, report: 2 },
  spare: ['payments:refund', 'reports:export'],
};
const reporter: Role = { mix: { report: 8, transactions: 2 }, spare: ['reports:export'] };

/** One token of a client. */
export interface TokenPlan {
  role: Role;
  profile: Profile;
  /** Calls on an ordinary working day. */
  perDay: number;
  kind: 'jwt' | 'opaque';
  environment: Environment;
}

export interface ClientPlan {
  id: string;
  networks: readonly NetworkName[];
  /** Hours between its clocks and UTC. */
  utcOffset: number;
  userAgent: string;
  tokens: readonly TokenPlan[];
}

function live(role: Role, profile: Profile, perDay: number, kind: 'jwt' | 'opaque'): TokenPlan {
  return { role, profile, perDay, kind, environment: 'production' };
}

function staging(role: Role, profile: Profile, perDay: number): TokenPlan {
  return { role, profile, perDay, kind: 'jwt', environment: 'staging' };
}

/** The bank's clients. Their order numbers their accounts: append, do not insert. */
export const CLIENTS: readonly ClientPlan[] = [
  client('northwind-erp', ['de-ionos'], 1, 'northwind-connector/4.2', [
    live(bookkeeper, 'always', 360, 'jwt'),
    live(bookkeeper, 'always', 280, 'jwt'),
    live(reporter, 'nightly', 300, 'opaque'),
    staging(bookkeeper, 'always', 90),
  ]),
  client('harbor-mobile', ['de-telekom', 'de-vodafone'], 1, 'Harbor/7.1 (Android 15)', [
    live(reader, 'evening', 260, 'jwt'),
    live(reader, 'evening', 230, 'jwt'),
    live(payer, 'evening', 170, 'jwt'),
  ]),
  client('lumen-payments', ['nl-kpn'], 1, 'okhttp/4.12.0', [
    live(payer, 'office', 230, 'jwt'),
    live(payer, 'office', 210, 'opaque'),
    live(reader, 'cron', 144, 'opaque'),
    staging(bookkeeper, 'office', 70),
  ]),
  client('alpine-treasury', ['ch-swisscom'], 1, 'treasury-desk/12.0', [
    live(reader, 'office', 150, 'jwt'),
    live(payer, 'office', 130, 'jwt'),
    live(reporter, 'cron', 96, 'opaque'),
  ]),
  client('fjord-analytics', ['se-telia'], 1, 'python-httpx/0.28.1', [
    live(reporter, 'nightly', 340, 'jwt'),
    live(bookkeeper, 'nightly', 280, 'jwt'),
    live(reporter, 'always', 240, 'opaque'),
  ]),
  client('iberia-pos', ['es-telefonica'], 1, 'Java-http-client/21.0.4', [
    live(payer, 'always', 1_500, 'opaque'),
    live(payer, 'always', 420, 'opaque'),
  ]),
  client('gallia-ledger', ['fr-ovh'], 1, 'Go-http-client/2.0', [
    live(bookkeeper, 'cron', 288, 'jwt'),
    live(reader, 'cron', 144, 'jwt'),
    live(reporter, 'nightly', 180, 'jwt'),
  ]),
  client('britannia-desk', ['gb-bt'], 0, 'Mozilla/5.0 (Windows NT 10.0) BritanniaDesk/3', [
    live(reader, 'office', 210, 'jwt'),
    live(bookkeeper, 'office', 190, 'jwt'),
    live(payer, 'office', 150, 'opaque'),
    staging(reader, 'office', 60),
  ]),
  client('vienna-cards', ['at-a1'], 1, 'CardsApp/2.9 (iOS 19.1)', [
    live(reader, 'evening', 230, 'jwt'),
    live(payer, 'evening', 150, 'opaque'),
  ]),
  client('torino-leasing', ['it-tim'], 1, 'axios/1.8.4', [
    live(bookkeeper, 'office', 140, 'jwt'),
    live(payer, 'office', 110, 'jwt'),
  ]),
  client('dublin-gateway', ['ie-aws'], 0, 'gateway/2026.10', [
    live(reader, 'always', 1_000, 'opaque'),
    live(payer, 'always', 420, 'jwt'),
    live(reporter, 'always', 300, 'jwt'),
    staging(payer, 'always', 130),
    staging(reader, 'always', 110),
  ]),
  client('polska-invoices', ['pl-orange'], 1, 'invoices-sync/1.14', [
    live(bookkeeper, 'office', 160, 'jwt'),
    live(payer, 'office', 140, 'opaque'),
    live(reader, 'cron', 96, 'opaque'),
  ]),
];

function client(
  id: string,
  networks: readonly NetworkName[],
  utcOffset: number,
  userAgent: string,
  tokens: readonly TokenPlan[],
): ClientPlan {
  return { id, networks, utcOffset, userAgent, tokens };
}
