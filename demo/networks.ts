import { below } from './random.ts';
import type { Random } from './random.ts';

/**
 * Real networks, so that country and network are found in the offline databases as they would be
 * for a real bank; a test looks every one of them up. First address and size.
 */
export const NETWORKS = {
  'de-telekom': { country: 'DE', asn: 3320, from: '79.192.0.0', size: 4_000_000 },
  'de-vodafone': { country: 'DE', asn: 3209, from: '88.64.0.0', size: 1_000_000 },
  'de-ionos': { country: 'DE', asn: 8560, from: '85.215.96.0', size: 40_000 },
  'de-hetzner': { country: 'DE', asn: 24940, from: '91.98.0.0', size: 130_000 },
  'nl-kpn': { country: 'NL', asn: 1136, from: '77.160.0.0', size: 1_000_000 },
  'ch-swisscom': { country: 'CH', asn: 3303, from: '85.0.0.0', size: 500_000 },
  'se-telia': { country: 'SE', asn: 3301, from: '78.64.0.0', size: 1_000_000 },
  'es-telefonica': { country: 'ES', asn: 3352, from: '83.32.0.0', size: 2_000_000 },
  'fr-ovh': { country: 'FR', asn: 16276, from: '57.130.51.0', size: 52_000 },
  'gb-bt': { country: 'GB', asn: 2856, from: '86.128.0.0', size: 4_000_000 },
  'at-a1': { country: 'AT', asn: 8447, from: '178.188.0.0', size: 260_000 },
  'it-tim': { country: 'IT', asn: 3269, from: '79.0.0.0', size: 4_000_000 },
  'ie-aws': { country: 'IE', asn: 16509, from: '34.240.0.0', size: 1_000_000 },
  'pl-orange': { country: 'PL', asn: 5617, from: '83.2.60.0', size: 1_900_000 },
  'vn-vnpt': { country: 'VN', asn: 45899, from: '14.160.0.0', size: 2_000_000 },
  'br-claro': { country: 'BR', asn: 28573, from: '191.176.0.0', size: 600_000 },
  'ng-mtn': { country: 'NG', asn: 29465, from: '102.88.0.0', size: 500_000 },
  'id-telkom': { country: 'ID', asn: 7713, from: '180.241.0.0', size: 900_000 },
} as const;

export type NetworkName = keyof typeof NETWORKS;

/** A caller's address in a network; never its first or last. */
export function addressIn(random: Random, name: NetworkName): string {
  const { from, size } = NETWORKS[name];
  const start = from.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const number = start + 1 + below(random, size - 2);
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
