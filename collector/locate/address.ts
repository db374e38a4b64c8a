import { SocketAddress, isIPv4, isIPv6 } from 'node:net';

/** An IP address in the one way in which it is hashed and looked up. */
export interface Address {
  /** Dotted IPv4, or IPv6 as RFC 5952 writes it; IPv4-mapped IPv6 becomes IPv4. */
  text: string;
  /** One 32-bit word for IPv4, four for IPv6, most significant first. */
  words: readonly number[];
}

const DOT = 0x2e;
const ZERO = 0x30;

/** The 32-bit number of a dotted IPv4 address. */
export function ipv4Number(text: string): number {
  let number = 0;
  let part = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== DOT) {
      part = part * 10 + code - ZERO;
      continue;
    }
    number = number * 256 + part;
    part = 0;
  }
  return number * 256 + part;
}

/** The four 32-bit words of an IPv6 address. */
export function ipv6Words(text: string): number[] {
  const [head = '', tail] = text.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = new Array<number>(8 - left.length - right.length).fill(0);
  const all = [...left, ...zeros, ...right];
  return [0, 2, 4, 6].map((at) => (all[at] ?? 0) * 0x1_0000 + (all[at + 1] ?? 0));
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const number = ipv4Number(group);
    return [Math.floor(number / 0x1_0000), number % 0x1_0000];
  });
}

/** Takes off a port, brackets, quotes and a zone. */
function bare(text: string): string {
  const plain = text.trim().replace(/^"|"$/g, '');
  const bracketed = /^\[([^\]]+)\]/.exec(plain)?.[1];
  if (bracketed !== undefined) return bracketed.replace(/%.*$/, '');
  return plain.replace(/^([\d.]+):\d+$/, '$1').replace(/%.*$/, '');
}

/** Reads an address as services and proxies write it, or null when it is none. */
export function parseAddress(text: string): Address | null {
  if (text.length > 100) return null;
  if (isIPv4(text)) return { text, words: [ipv4Number(text)] };
  const plain = bare(text);
  if (isIPv4(plain)) return { text: plain, words: [ipv4Number(plain)] };
  if (!isIPv6(plain)) return null;
  const words = ipv6Words(plain);
  if (words[0] === 0 && words[1] === 0 && words[2] === 0xffff) {
    const number = words[3] ?? 0;
    const dotted = [24, 16, 8, 0].map((shift) => String((number >>> shift) & 0xff)).join('.');
    return { text: dotted, words: [number] };
  }
  return { text: new SocketAddress({ address: plain, family: 'ipv6' }).address, words };
}

/** Blocks that belong to no network of the Internet: first number, prefix length. */
const PRIVATE_V4 = (
  [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
  ] as const
).map(([block, bits]) => ({ first: ipv4Number(block), size: 2 ** (32 - bits) }));

/** Whether an address is private, shared, link-local or loopback (RFC 1918, 6598, 3927, 4193). */
export function isPrivate(address: Address): boolean {
  const first = address.words[0] ?? 0;
  if (address.words.length === 1) {
    return PRIVATE_V4.some((block) => first >= block.first && first < block.first + block.size);
  }
  const loopback = first === 0 && address.words[1] === 0 && address.words[2] === 0;
  // fc00::/7 and fe80::/10.
  return loopback || first >>> 25 === 0x7e || first >>> 22 === 0x3fa;
}
