import type { Logger } from '../config/logger.ts';

export interface DemoOptions {
  /** The collector's OTLP/HTTP address, without a path. */
  collectorUrl: string;
  /** Sent as `Authorization: Bearer`, where the collector asks for one. */
  senderKey?: string;
  /** The installation's pepper: the services hash with it, as a customer's would. */
  pepper: string;
  /** The issuer's address: its services refuse what `GET …/revoked` lists. Without it, nothing is revoked. */
  issuerUrl?: string;
  /** Where the demo remembers how far its history has been told. */
  dataDir: string;
  seed: number;
  /** 1 as written; 2 brings the attacks in half the time. */
  speed: number;
  log: Logger;
  /** Epoch ms; `Date.now` when left out. */
  now?: () => number;
  /** Where the progress bar goes; standard error when left out. */
  terminal?: NodeJS.WritableStream & { isTTY?: boolean };
  /** Told of each attack as it begins. */
  onAttack?: (attack: { name: string; title: string; client: string; tokenId: string }) => void;
}

/** What the collector wants to see in a sender's requests. */
export function senderHeaders({ senderKey }: DemoOptions): Record<string, string> {
  return senderKey === undefined ? {} : { authorization: `Bearer ${senderKey}` };
}
