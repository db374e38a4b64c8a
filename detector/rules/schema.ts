import { z } from 'zod';
import { SEVERITIES } from '../../model/severity.ts';

const value = z.union([
  z.number(),
  z.string().max(1_000),
  z.boolean(),
  z.null(),
  z.array(z.string().max(1_000)).max(100),
]);

const ruleCase = z.strictObject({
  name: z.string().min(1).max(200),
  features: z.record(z.string(), value),
});

const cases = z.array(ruleCase).min(1, 'expected at least one case').max(50);

/** A rule as it is written. */
export const ruleSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{1,62}$/, 'expected lower-case letters, digits and dashes'),
  title: z.string().min(1).max(120),
  severity: z.enum(SEVERITIES),
  tags: z.array(z.string().min(1).max(60)).max(20).default([]),
  owasp: z
    .array(z.string().regex(/^API\d{1,2}:20\d\d$/, 'expected a reference like API1:2023'))
    .max(10)
    .default([]),
  attack: z
    .array(z.string().regex(/^T\d{4}(\.\d{3})?$/, 'expected a technique like T1078'))
    .max(10)
    .default([]),
  description: z.string().min(1).max(2_000),
  runbook: z.array(z.string().min(1).max(500)).min(1).max(20),
  blind_spots: z.array(z.string().min(1).max(500)).max(20).default([]),
  entity: z.enum(['token', 'client']).default('token'),
  condition: z.string().min(1),
  message: z.string().min(1).max(500),
  tests: z.strictObject({ quiet: cases, firing: cases }),
});

export type WrittenRule = z.output<typeof ruleSchema>;
