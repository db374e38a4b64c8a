import { z } from 'zod';
import { ENTITIES, FAMILIES } from '../../model/finding.ts';
import { SEVERITIES } from '../../model/severity.ts';

/** The things the API shows. Times are ISO 8601 in UTC; hashes lower-case hex; '' means none. */

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
  })
  .meta({ id: 'Problem' });

export const severitySchema = z.enum(SEVERITIES).meta({ id: 'Severity' });
export const statusSchema = z
  .enum(['open', 'acknowledged', 'resolved', 'false_positive'])
  .meta({ id: 'IncidentStatus' });
export const responseStateSchema = z
  .enum(['none', 'requested', 'approved', 'refused', 'sent', 'confirmed', 'failed'])
  .meta({ id: 'ResponseState' });

export const evidenceSchema = z
  .object({
    value: z.string().optional(),
    seen: z.union([z.number(), z.string()]),
    usual: z.union([z.object({ low: z.number(), high: z.number() }), z.string()]).optional(),
    peers: z.number().optional(),
    threshold: z.number().optional(),
    unit: z.string().optional(),
    facts: z.record(z.string(), z.unknown()).optional(),
    unknown: z.array(z.string()).optional(),
    trace_ids: z.array(z.string()).optional(),
  })
  .meta({ id: 'Evidence' });

export const findingSchema = z
  .object({
    id: z.string(),
    detection: z.string(),
    family: z.enum(FAMILIES),
    title: z.string(),
    severity: severitySchema,
    score: z.number(),
    bits: z.number(),
    entity: z.enum(ENTITIES),
    token_hash: z.string(),
    client: z.string(),
    /** Of an endpoint (service, method, route) or a service; else ''. */
    name: z.string(),
    service: z.string(),
    environment: z.string(),
    window_start: z.string(),
    window_end: z.string(),
    first_call_at: z.string(),
    detected_at: z.string(),
    calls: z.number(),
    explanation: z.string(),
    evidence: evidenceSchema,
  })
  .meta({ id: 'Finding' });

export const incidentSchema = z
  .object({
    id: z.string(),
    status: statusSchema,
    severity: severitySchema,
    score: z.number(),
    bits: z.number(),
    entity: z.enum(ENTITIES),
    token_hash: z.string(),
    client: z.string(),
    /** Of an endpoint (service, method, route) or a service; else ''. */
    name: z.string(),
    title: z.string(),
    explanation: z.string(),
    detections: z.array(z.string()),
    services: z.array(z.string()),
    environments: z.array(z.string()),
    findings: z.int(),
    opened_at: z.string(),
    updated_at: z.string(),
    first_call_at: z.string(),
    assignee: z.string(),
    response: responseStateSchema,
    /** When it was last closed; '' while it is open. */
    closed_at: z.string(),
    /** The campaign that it belongs to, or ''. */
    campaign: z.string(),
    /** How many incidents it joins, where it is a campaign itself. */
    members: z.int(),
    version: z.int(),
  })
  .meta({ id: 'Incident' });

export const deliverySchema = z
  .object({
    id: z.string(),
    incident_id: z.string(),
    receiver: z.string(),
    notifier: z.string(),
    reason: z.string(),
    state: z.string(),
    attempts: z.int(),
    created_at: z.string(),
    updated_at: z.string(),
    next_attempt_at: z.string(),
    last_error: z.string(),
  })
  .meta({ id: 'Delivery' });

/** One line of an incident's story: a change, or a delivery. */
export const storySchema = z
  .object({
    id: z.string(),
    at: z.string(),
    actor: z.string(),
    kind: z.string(),
    /** What was written, the reason, or whom it was given to. */
    text: z.string(),
    finding_id: z.string(),
    delivery_id: z.string(),
  })
  .meta({ id: 'StoryLine' });

/** When each step towards containment was reached; '' when it was not. */
export const containmentSchema = z
  .object({
    first_call_at: z.string(),
    found_at: z.string(),
    alerted_at: z.string(),
    requested_at: z.string(),
    approved_at: z.string(),
    sent_at: z.string(),
    last_accepted_at: z.string(),
    confirmed_at: z.string(),
  })
  .meta({ id: 'Containment' });

export const memberSchema = z
  .object({
    incident_id: z.string(),
    token_hash: z.string(),
    client: z.string(),
    severity: severitySchema,
    score: z.number(),
  })
  .meta({ id: 'CampaignMember' });

export const incidentViewSchema = z
  .object({
    incident: incidentSchema,
    findings: z.array(findingSchema),
    containment: containmentSchema,
    members: z.array(memberSchema),
    story: z.array(storySchema),
    deliveries: z.array(deliverySchema),
  })
  .meta({ id: 'IncidentView' });

export const detectionSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    family: z.string(),
    severity: severitySchema,
    owasp: z.array(z.string()),
    attack: z.array(z.string()),
    runbook: z.string(),
    blind_spots: z.array(z.string()),
    /** As declared; see the detection settings for what was set over them. */
    parameters: z.record(z.string(), z.number()),
    findings_7d: z.int(),
    /** Findings in each of the last 14 days, oldest first. */
    daily: z.array(z.int()),
    confirmed: z.int(),
    false_positives: z.int(),
  })
  .meta({ id: 'Detection' });

export type IncidentStatus = z.infer<typeof statusSchema>;
export type FindingView = z.infer<typeof findingSchema>;
export type IncidentRow = z.infer<typeof incidentSchema>;
export type DeliveryView = z.infer<typeof deliverySchema>;
export type StoryLine = z.infer<typeof storySchema>;
export type ContainmentView = z.infer<typeof containmentSchema>;
