import type { AddressAllowed } from '../../model/call.ts';
import { parseAddress } from './address.ts';
import type { Address } from './address.ts';

/** The addresses from which a client may call: CIDR blocks and single addresses, both families. */
export interface AllowList {
  client: string;
  addresses: readonly string[];
}

/** Whose lists hold an address: nobody's. */
export const NOBODY: ReadonlySet<string> = new Set();

/** A length of prefixes that occurs in the lists. */
interface Length {
  /** 32-bit words of an address: one for IPv4, four for IPv6. */
  words: number;
  bits: number;
}

/** The first `bits` bits of an address, as a key that no other block has. */
function blockKey({ words }: Address, bits: number): string {
  const kept = words.map((word, index) => {
    const left = Math.min(32, Math.max(0, bits - index * 32));
    // A shift by 32 would shift by none.
    return left === 0 ? 0 : (word >>> (32 - left)) * 2 ** (32 - left);
  });
  return `${String(bits)} ${kept.join(' ')}`;
}

/** An address and how many of its bits a block fixes; null for what is no block. */
function parseBlock(text: string): { address: Address; bits: number } | null {
  const [start = '', length] = text.split('/');
  const address = parseAddress(start);
  if (address === null) return null;
  const all = address.words.length * 32;
  if (length === undefined) return { address, bits: all };
  // A block of IPv4-mapped addresses became one of IPv4.
  const bits = Number(length) - (all === 32 && start.includes(':') ? 96 : 0);
  return bits >= 0 && bits <= all ? { address, bits } : null;
}

/**
 * Tells whether clients call from where they may. An address is compared once with the blocks of all
 * lists, a look-up for each length of prefix that occurs, and the answer is kept beside its hash.
 */
export class AllowedAddresses {
  readonly #lengths: Length[] = [];
  readonly #blocks = new Map<string, ReadonlySet<string>>();
  readonly #clients: ReadonlySet<string>;

  /**
   * @param lists several of one client are one list
   * @throws RangeError for a block that is none; the configuration has refused such before
   */
  constructor(lists: readonly AllowList[]) {
    this.#clients = new Set(lists.map(({ client }) => client));
    for (const { client, addresses } of lists) {
      for (const text of addresses) this.#add(client, text);
    }
  }

  #add(client: string, text: string): void {
    const block = parseBlock(text);
    if (block === null) throw new RangeError(`${text} is no address and no CIDR block`);
    const { address, bits } = block;
    const words = address.words.length;
    if (!this.#lengths.some((one) => one.words === words && one.bits === bits)) {
      this.#lengths.push({ words, bits });
    }
    const key = `${String(words)} ${blockKey(address, bits)}`;
    this.#blocks.set(key, new Set([...(this.#blocks.get(key) ?? []), client]));
  }

  /** The clients that may call from an address. */
  clientsAt(address: Address): ReadonlySet<string> {
    const found = this.#lengths
      .filter(({ words }) => words === address.words.length)
      .map(({ words, bits }) => this.#blocks.get(`${String(words)} ${blockKey(address, bits)}`))
      .filter((clients) => clients !== undefined);
    // Nearly always one block at most: its own set is shared by all addresses in it.
    if (found.length <= 1) return found[0] ?? NOBODY;
    return new Set(found.flatMap((clients) => [...clients]));
  }

  /**
   * Whether a client may call from an address; `unasked` where it has no list.
   *
   * @param at what {@link clientsAt} said of the address
   */
  judge(client: string, at: ReadonlySet<string>): AddressAllowed {
    if (!this.#clients.has(client)) return 'unasked';
    return at.has(client) ? 'inside' : 'outside';
  }
}
