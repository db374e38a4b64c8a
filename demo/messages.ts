import type { Environment, ServiceName } from './operations.ts';

/** What a service tells its parent. */
export interface Listening {
  kind: 'listening';
  url: string;
}

/** A service tells of tokens that it refuses from now on, by their hashes. */
export interface Revoked {
  kind: 'revoked';
  tokens: string[];
}

export type ServiceReport = Listening | Revoked;

/** What the driver is told first: enough to tell the past. */
export interface DriverOrder {
  kind: 'start';
  seed: number;
  epoch: number;
  /** Epoch ms. */
  reportedUntil: number;
  renewals: Readonly<Record<string, number>>;
  speed: number;
  collectorUrl: string;
  headers: Record<string, string>;
  pepper: string;
  issuerKey: string;
}

/** What the driver is told when the services listen: the present can begin. */
export interface ServicesReady {
  kind: 'services';
  services: { service: ServiceName; environment: Environment; url: string }[];
}

/** What the driver tells its parent. */
export type DriverReport =
  | { kind: 'kept'; until: number; calls: number }
  | { kind: 'live'; from: number }
  | { kind: 'sent'; until: number }
  | { kind: 'attack'; name: string; title: string; client: string; tokenId: string }
  | { kind: 'renewed'; firstId: string; client: string; tokenId: string; issuedAt: number }
  | { kind: 'trouble'; reason: string };
