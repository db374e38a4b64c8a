/** What revoking a token would hit: shown before anyone approves. */
export interface BlastRadius {
  /** Calls in the last 24 hours. */
  callsPerDay: number;
  /** Busiest first. */
  routes: { route: string; callsPerDay: number }[];
  services: string[];
  /** Other tokens of the client that made calls in the last 24 hours. */
  otherLiveTokens: number;
  /** The token's public identifier, as its calls carry it; empty when they do not. */
  tokenId: string;
}
