import { z } from 'zod';
import { secret } from './secret.ts';

/** An address, or a block of them in CIDR notation; IPv4 and IPv6. */
const addressBlock = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], {
  error: 'expected an address or a CIDR block (203.0.113.0/24, 2001:db8::/32)',
});

/** From where the tokens of one client may be used. */
const allowListSchema = z.strictObject({
  client: z.string().min(1).max(128),
  addresses: z.array(addressBlock).min(1).max(1_000),
});

/** `collector:` — what takes telemetry in. */
export const collectorSchema = z.strictObject({
  /** Loopback unless sender keys are configured; `0.0.0.0` without keys is refused. */
  host: z.string().default('127.0.0.1'),
  http_port: z.int().min(0).max(65535).default(4318),
  grpc_port: z.int().min(0).max(65535).default(4317),
  /** Keys of senders (`Authorization: Bearer <key>`); at least 16 characters each. */
  keys: z
    .array(
      secret().refine((key) => key.reveal().length >= 16, 'expected at least 16 characters a key'),
    )
    .default([]),
  /** Bytes a second that one sender may send, averaged over ten; 0 sets no limit. */
  sender_bytes_per_second: z.int().min(0).default(0),
  /** PEM files: with certificate and key both ports speak TLS only. */
  tls_cert: z.string().min(1).optional(),
  tls_key: z.string().min(1).optional(),
  /** PEM of an authority: only clients with a certificate of its making are let in (mutual TLS). */
  tls_client_ca: z.string().min(1).optional(),
  /** Largest request body in bytes, before and after it is inflated. */
  max_body_bytes: z
    .int()
    .min(1024)
    .default(8 * 1024 * 1024),
  max_inflated_bytes: z
    .int()
    .min(1024)
    .default(64 * 1024 * 1024),
  /** A call dated further than this in the future is kept with its time of arrival; seconds. */
  max_future_seconds: z.int().min(0).default(300),
  /** The same for one dated further than this in the past; a live service sends what is recent. */
  max_past_days: z.int().min(1).default(400),
  /** Longest wait for more rows before an insert; an idle collector waits 4 ms. */
  max_wait_ms: z.int().min(1).max(5000).default(200),
  /** Rows at which an insert is sent at once. */
  max_batch_rows: z.int().min(1).max(1_000_000).default(65_536),
  inserts_in_flight: z.int().min(1).max(16).default(3),
  /** A block that ClickHouse has not taken after this long is kept in the spool on disk; ms. */
  spool_after_ms: z.int().min(10).default(150),
  /** Most bytes of the spool (`<data_dir>/spool`); 0 keeps nothing there. */
  spool_max_bytes: z
    .int()
    .min(0)
    .default(2 * 1024 ** 3),
  /** How long is tried, with the spool full as well, before senders get 503. */
  insert_patience_seconds: z.int().min(0).default(10),
  /** `.mmdb` country database and ASN table; the packaged ones by default, `off` for none. */
  country_db: z.string().default('packaged'),
  asn_db: z.string().default('packaged'),
  /** How many proxies in front of the services append to X-Forwarded-For; 0 does not believe it. */
  trusted_hops: z.int().min(0).max(10).default(0),
  /** Clients whose tokens may only be used from certain addresses; several lists of one are one. */
  allowed_addresses: z.array(allowListSchema).max(1_000).default([]),
});
