import { callOfAwsAlb } from './aws-alb.ts';
import { callOfAwsWaf } from './aws-waf.ts';
import { callOfCloudflare } from './cloudflare.ts';
import { callOfRecord } from './cloudtrail.ts';
import { callOfEnvoy } from './envoy.ts';
import type { ImportedCall } from './line.ts';
import { callOfNginx } from './nginx.ts';

/** Reads a record, or says what is wrong with it without quoting it. */
type ReadRecord = (value: unknown) => ImportedCall | string;

/** Logs of others, and how a record of each becomes a call. */
export const LOG_READERS = {
  cloudtrail: callOfRecord,
  cloudflare: callOfCloudflare,
  'aws-waf': callOfAwsWaf,
  'aws-alb': callOfAwsAlb,
  nginx: callOfNginx,
  envoy: callOfEnvoy,
} as const satisfies Record<string, ReadRecord>;

export type ImportFormat = 'calls' | keyof typeof LOG_READERS;

export const IMPORT_FORMATS: readonly ImportFormat[] = [
  'calls',
  ...(Object.keys(LOG_READERS) as (keyof typeof LOG_READERS)[]),
];

/** Whether a line is to be read as it stands, not as JSON. */
export function isPlainText(format: ImportFormat, line: string): boolean {
  return format === 'aws-alb' || (format === 'nginx' && !line.startsWith('{'));
}
