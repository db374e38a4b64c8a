/** A dimension of the rollups of values (migration 002) as features name it. */
export interface DimensionFeature {
  /** In names of features: `network_new_to_token`. */
  name: string;
  noun: string;
  /** In the rollups. */
  dimension: string;
  /** The value of a call `c`, as the rollups have it; empty when not known. */
  value: string;
  /** The feature that counts peers with the same value. */
  peers?: string;
  /** The plural under which the known values are listed. */
  several?: string;
}

/** Dimensions of which there are features. */
export const DIMENSIONS: readonly DimensionFeature[] = [
  {
    name: 'scope',
    noun: 'scope',
    dimension: 'scope',
    value: 'toString(c.scope)',
    peers: 'peers_with_scope',
  },
  {
    ...{ name: 'route', noun: 'route', dimension: 'route', peers: 'peers_on_route' },
    value: "if(c.route = '', '', concat(c.method, ' ', c.route))",
  },
  {
    ...{ name: 'country', noun: 'country', dimension: 'country', value: 'toString(c.country)' },
    ...{ peers: 'peers_in_country', several: 'countries' },
  },
  {
    ...{
      name: 'network',
      noun: 'network',
      dimension: 'asn',
      peers: 'peers_on_network',
      several: 'networks',
    },
    value: "if(c.asn = 0, '', toString(c.asn))",
  },
  {
    ...{ name: 'network_kind', noun: 'kind of network', dimension: 'network_kind' },
    value: "if(c.network_kind IN ('unknown', 'private'), '', toString(c.network_kind))",
  },
  {
    name: 'environment',
    noun: 'environment',
    dimension: 'environment',
    value: 'toString(c.environment)',
  },
  {
    name: 'user_agent',
    noun: 'user agent',
    dimension: 'user_agent',
    value: 'toString(c.user_agent)',
  },
];

/** The value of a call `c` in a dimension. */
export function valueOf(name: string): string {
  return DIMENSIONS.find((one) => one.name === name)?.value ?? "'*'";
}

/** The joins that tell since when a token or a client uses the value of a call. */
export const tokenJoin = (name: string): string => `token_${name}`;
export const clientJoin = (name: string): string => `client_${name}`;
