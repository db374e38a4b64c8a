import type { NetworkKind } from '../../model/call.ts';

/** Autonomous systems whose name does not say what they are; by number. */
const BY_NUMBER: ReadonlyMap<number, NetworkKind> = new Map<number, NetworkKind>([
  // Exits of commercial VPNs and privacy relays.
  ...(
    [9009, 60068, 212238, 39351, 62371, 209103, 207137, 136787, 147049, 141039, 199218] as const
  ).map((asn): [number, NetworkKind] => [asn, 'vpn']),
  // Large providers of servers with neutral names.
  ...(
    [
      63949, 20473, 14061, 16276, 24940, 51167, 396982, 15169, 8075, 16509, 14618, 31898, 13335,
    ] as const
  ).map((asn): [number, NetworkKind] => [asn, 'hosting']),
  // Access networks whose names look like something else.
  ...([16591, 19165] as const).map((asn): [number, NetworkKind] => [asn, 'residential']),
]);

/** By the organisation's name, first match wins. Corporate egress (Zscaler, Netskope) counts as VPN. */
const BY_NAME: readonly [NetworkKind, RegExp][] = [
  [
    'vpn',
    /\bvpn|nordvpn|mullvad|proton ?vpn|\bproton ag|expressvpn|surfshark|private internet|\bm247|datacamp limited|packethub|tefincom|\btor\b|anonymi|ipvanish|cyberghost|windscribe|31173|zscaler|netskope/i,
  ],
  [
    'hosting',
    /hosting|\bhost\b|hosted|hostinger|cloud|server|data ?cent|\bvps\b|\bcolo\b|colocation|amazon|microsoft|digitalocean|linode|akamai|\bovh|hetzner|vultr|choopa|leaseweb|scaleway|contabo|alibaba|tencent|oracle corp|fastly|rackspace|softlayer|equinix|constant company|\bcdn/i,
  ],
  [
    'mobile',
    /t-mobile|\bmobil(?:e|y|is)?\b(?! corporation)|cellular|\bcell(?:co|com)\b|wireless|\bgsm\b|\blte\b|\b[345]g\b|\bjio\b|airtel/i,
  ],
  [
    'residential',
    /telecom|telekom|telefonica|telia|tele2|\btelco|broadband|\bcable|comcast|charter comm|cox comm|\bdsl\b|fib(?:er|re)|vodafone|orange|swisscom|\bbt\b|british telecom|virgin media|sky uk|\bkpn\b|proximus|telenet|ziggo|liberty|rogers|\bshaw\b|bell canada|telus|chinanet|unicom|kddi|softbank|\bocn\b|so-net|internet service|\bisp\b|at&t|verizon|centurylink|frontier|windstream|free sas|bouygues|tiscali|fastweb|\btim\b|claro|telmex|uninet|rostelecom|chunghwa/i,
  ],
];

/**
 * What kind of network an autonomous system is, by a list and by its organisation's name: a hint
 * that is right for the large ones and `unknown` where neither says anything.
 */
export function networkKindOf(asn: number, organisation: string): NetworkKind {
  const known = BY_NUMBER.get(asn);
  if (known !== undefined) return known;
  return BY_NAME.find(([, pattern]) => pattern.test(organisation))?.[0] ?? 'unknown';
}
