import { readFileSync } from 'node:fs';
import { ServerCredentials } from '@grpc/grpc-js';
import type { Config } from '../../config/schema.ts';

/** What both transports need to speak TLS. */
export interface TlsFiles {
  cert: Buffer;
  key: Buffer;
  /** Where set, only clients whose certificate it signed are let in. */
  clientCa: Buffer | null;
}

function read(file: string, key: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Error(`collector.${key}: ${file} cannot be read`, { cause });
  }
}

/**
 * The certificate, the key and the clients' authority, or null where TLS is not configured.
 *
 * @throws Error naming the setting whose file cannot be read, or that another one needs
 */
export function readTls({ collector }: Config): TlsFiles | null {
  const { tls_cert: cert, tls_key: key, tls_client_ca: clientCa } = collector;
  if (cert === undefined && key === undefined && clientCa === undefined) return null;
  if (cert === undefined || key === undefined)
    throw new Error('collector.tls_cert and collector.tls_key: expected both');
  return {
    cert: read(cert, 'tls_cert'),
    key: read(key, 'tls_key'),
    clientCa: clientCa === undefined ? null : read(clientCa, 'tls_client_ca'),
  };
}

/** Options of Node's HTTPS server; no version below 1.2. */
export function httpsOptions({ cert, key, clientCa }: TlsFiles) {
  const asked = { requestCert: true, rejectUnauthorized: true };
  return {
    ...{ cert, key, minVersion: 'TLSv1.2' as const },
    ...(clientCa === null ? {} : { ca: clientCa, ...asked }),
  };
}

/** The same for gRPC. */
export function grpcCredentials(tls: TlsFiles | null): ServerCredentials {
  if (tls === null) return ServerCredentials.createInsecure();
  const pair = { private_key: tls.key, cert_chain: tls.cert };
  return ServerCredentials.createSsl(tls.clientCa, [pair], tls.clientCa !== null);
}
