import { SLOTS } from '../otlp/slots.ts';
import { NO_ADDRESS } from './caches.ts';
import type { Caches, KeptAddress } from './caches.ts';
import {
  forwardedEntries,
  forwardedForEntries,
  forwardedProtos,
  trustedEntry,
  trustedProto,
} from './forwarded.ts';
import { RawValues } from './raw-values.ts';
import type { Tally } from './tally.ts';

/** Where a call came from and how, as far as the peer and the trusted proxies are believed. */
export class CallerValues extends RawValues {
  readonly #trustedHops: number;

  /** @param trustedHops proxies in front of the services; 0 where none is trusted */
  constructor(caches: Caches, tally: Tally, trustedHops: number) {
    super(caches, tally);
    this.#trustedHops = trustedHops;
  }

  /** The service saw HTTP, and no trusted proxy says that TLS ended in front of it. */
  protected isPlain(): boolean {
    if (this.get(this.caches.scheme, SLOTS.scheme) !== 'http') return false;
    const trustedHops = this.#trustedHops;
    if (trustedHops === 0) return true;
    const standard = forwardedProtos(this.strings(SLOTS.forwarded));
    const protos =
      standard.length > 0 ? standard : forwardedForEntries(this.strings(SLOTS.forwardedProto));
    return trustedProto(protos, trustedHops) !== 'https';
  }

  protected address(): KeptAddress {
    const trustedHops = this.#trustedHops;
    const forwarded = trustedHops === 0 ? null : this.#forwarded(trustedHops);
    const named = this.get(this.caches.address, SLOTS.clientAddress);
    const peer = this.get(this.caches.address, SLOTS.peerAddress);
    const found = (forwarded === 'none' ? peer : forwarded) ?? this.#believed(named, peer);
    if (found !== null && found.hash === null) this.tally.adjusted('bad_address');
    return found ?? NO_ADDRESS;
  }

  /**
   * Stock instrumentation fills `client.address` from X-Forwarded-For, which a client that reaches
   * the service directly writes as it likes: with a public peer and no proxy configured, the peer
   * is the client. A service that sends our own attributes has chosen the address itself.
   */
  #believed(named: KeptAddress | null, peer: KeptAddress | null): KeptAddress | null {
    if (named === null || named.hash === null) return peer ?? named;
    const stock = this.slot(SLOTS.tokenHash) === -1 && this.slot(SLOTS.authResult) === -1;
    const direct = peer !== null && peer.hash !== null && peer.kind !== 'private';
    return stock && direct && this.#trustedHops === 0 ? peer : named;
  }

  /**
   * What the trusted proxies saw; null where no header was captured. `none` where it has no address
   * at their place: the request came around them, and only the peer is no word of the client's own.
   */
  #forwarded(hops: number): KeptAddress | 'none' | null {
    const standard = forwardedEntries(this.strings(SLOTS.forwarded));
    const entries =
      standard.length > 0 ? standard : forwardedForEntries(this.strings(SLOTS.forwardedFor));
    if (entries.length === 0) return null;
    const entry = trustedEntry(entries, hops);
    const address = entry === null ? null : this.caches.address.getText(entry);
    return address === null || address.hash === null ? 'none' : address;
  }
}
