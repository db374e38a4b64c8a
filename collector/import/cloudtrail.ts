import { z } from 'zod';
import { present, problemOf } from './access-log.ts';
import type { ImportedCall } from './line.ts';

/** What is read of a CloudTrail record (version 1.0x); everything else is left where it is. */
const recordSchema = z.object({
  eventTime: z.iso.datetime(),
  eventSource: z.string(),
  eventName: z.string(),
  awsRegion: z.string().optional(),
  sourceIPAddress: z.string().optional(),
  userAgent: z.string().nullish(),
  errorCode: z.string().nullish(),
  readOnly: z.boolean().nullish(),
  userIdentity: z
    .object({
      type: z.string().nullish(),
      accessKeyId: z.string().nullish(),
      userName: z.string().nullish(),
      arn: z.string().nullish(),
      principalId: z.string().nullish(),
      invokedBy: z.string().nullish(),
    })
    .nullish(),
});

type CloudTrailRecord = z.infer<typeof recordSchema>;

/** Services whose changes change who may do what. */
const ADMIN = new Set(['iam', 'sts', 'kms', 'secretsmanager', 'organizations', 'sso']);

const METHODS: readonly (readonly [RegExp, string])[] = [
  [/^(?:Get|List|Describe|Head|Lookup|BatchGet|Search|Scan|Query|Select|View|Check|Test)/, 'GET'],
  [/^(?:Delete|Detach|Remove|Terminate|Deregister|Revoke|Cancel)/, 'DELETE'],
  [/^(?:Put|Update|Modify|Attach|Set|Replace|Tag|Untag|Enable|Disable)/, 'PUT'],
];

const STATUSES: readonly (readonly [RegExp, number])[] = [
  [/denied|unauthorized|forbidden|notauthorized/i, 403],
  [/expiredtoken|invalidclienttoken|authfailure|signaturedoesnotmatch|unrecognizedclient/i, 401],
  [/throttl|requestlimit|toomanyrequests|slowdown/i, 429],
  [/notfound|nosuch|doesnotexist|notexist|unknown/i, 404],
];

function methodOf(eventName: string): string {
  return METHODS.find(([pattern]) => pattern.test(eventName))?.[1] ?? 'POST';
}

function statusOf(errorCode: string | null | undefined): number {
  if (errorCode === null || errorCode === undefined || errorCode === '') return 200;
  return STATUSES.find(([pattern]) => pattern.test(errorCode))?.[1] ?? 400;
}

/** The session's name is dropped from an assumed role's ARN: it changes with every session. */
function clientOf(identity: CloudTrailRecord['userIdentity']): string {
  const arn = identity?.arn?.replace(/^(arn:[^:]*:sts::\d*:assumed-role\/[^/]+)\/.*$/, '$1');
  return identity?.userName ?? arn ?? identity?.principalId ?? identity?.invokedBy ?? '';
}

/**
 * A CloudTrail record as a call: the access key is the token, the service and the kind of action
 * the scope (`s3:read`), the action the route, the region the environment.
 *
 * @returns the call, or what is wrong with the record
 */
export function callOfRecord(value: unknown): ImportedCall | string {
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success) return problemOf(parsed.error, 'expected a CloudTrail record');
  const record = parsed.data;
  const source = record.eventSource.replace(/\.amazonaws\.com$/, '');
  const method = methodOf(record.eventName);
  const isRead = record.readOnly ?? method === 'GET';
  // Calls between services name the service (`cloudformation.amazonaws.com`): no address.
  const isAddress = /^[\d.]+$|:/.test(record.sourceIPAddress ?? '');
  return {
    time: Date.parse(record.eventTime),
    ...present({
      token: record.userIdentity?.accessKeyId ?? undefined,
      client: clientOf(record.userIdentity),
      service: source,
      environment: record.awsRegion,
      scope: `${source}:${isRead ? 'read' : ADMIN.has(source) ? 'admin' : 'write'}`,
      method: isRead ? 'GET' : method,
      route: `/${source}/${record.eventName}`,
      status: statusOf(record.errorCode),
      ip: isAddress ? record.sourceIPAddress : undefined,
      user_agent: record.userAgent ?? undefined,
    }),
  };
}
