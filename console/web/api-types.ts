/* eslint-disable max-lines -- as long as the API is wide */

// Generated from /api/openapi.json: vitest run console/api/client-types.test.ts -u

export type Problem = { type: string; title: string; status: number; detail: string };

export type IncidentStatus = 'open' | 'acknowledged' | 'resolved' | 'false_positive';

export type Severity = 'low' | 'medium' | 'high' | 'critical';

export type Incident = {
  id: string;
  status: IncidentStatus;
  severity: Severity;
  score: number;
  bits: number;
  entity: 'token' | 'client' | 'endpoint' | 'service';
  token_hash: string;
  client: string;
  name: string;
  title: string;
  explanation: string;
  detections: string[];
  services: string[];
  environments: string[];
  findings: number;
  opened_at: string;
  updated_at: string;
  first_call_at: string;
  assignee: string;
  response: ResponseState;
  closed_at: string;
  campaign: string;
  members: number;
  version: number;
};

export type ResponseState =
  'none' | 'requested' | 'approved' | 'refused' | 'sent' | 'confirmed' | 'failed';

export type IncidentView = {
  incident: Incident;
  findings: Finding[];
  containment: Containment;
  members: CampaignMember[];
  story: StoryLine[];
  deliveries: Delivery[];
};

export type Finding = {
  id: string;
  detection: string;
  family:
    | 'volume'
    | 'scope'
    | 'geography'
    | 'environment'
    | 'lifecycle'
    | 'binding'
    | 'sharing'
    | 'replay'
    | 'authorization'
    | 'inventory'
    | 'rule'
    | 'pipeline';
  title: string;
  severity: Severity;
  score: number;
  bits: number;
  entity: 'token' | 'client' | 'endpoint' | 'service';
  token_hash: string;
  client: string;
  name: string;
  service: string;
  environment: string;
  window_start: string;
  window_end: string;
  first_call_at: string;
  detected_at: string;
  calls: number;
  explanation: string;
  evidence: Evidence;
};

export type Evidence = {
  value?: string;
  seen: number | string;
  usual?: { low: number; high: number } | string;
  peers?: number;
  threshold?: number;
  unit?: string;
  facts?: Record<string, unknown>;
  unknown?: string[];
  trace_ids?: string[];
};

export type Containment = {
  first_call_at: string;
  found_at: string;
  alerted_at: string;
  requested_at: string;
  approved_at: string;
  sent_at: string;
  last_accepted_at: string;
  confirmed_at: string;
};

export type CampaignMember = {
  incident_id: string;
  token_hash: string;
  client: string;
  severity: Severity;
  score: number;
};

export type StoryLine = {
  id: string;
  at: string;
  actor: string;
  kind: string;
  text: string;
  finding_id: string;
  delivery_id: string;
};

export type Delivery = {
  id: string;
  incident_id: string;
  receiver: string;
  notifier: string;
  reason: string;
  state: string;
  attempts: number;
  created_at: string;
  updated_at: string;
  next_attempt_at: string;
  last_error: string;
};

export type RelatedIncident = {
  tie: 'entity' | 'campaign' | 'client' | 'kind';
  incident: Incident;
};

export type Activity = {
  step: number;
  buckets: Bucket[];
  band: Band | null;
  windows: { finding_id: string; start: string; end: string }[];
};

export type Bucket = { at: string; calls: number; denied: number };

export type Band = { low: number; high: number; peers: number | null; threshold: number | null };

export type Call = {
  at: string;
  service: string;
  environment: string;
  method: string;
  route: string;
  scope: string;
  status: number;
  auth_result: string;
  country: string;
  asn: number;
  network_kind: string;
  user_agent: string;
  trace_id: string;
};

export type Place = { country: string; calls: number; first_at: string };

export type Detection = {
  id: string;
  title: string;
  family: string;
  severity: Severity;
  owasp: string[];
  attack: string[];
  runbook: string;
  blind_spots: string[];
  parameters: Record<string, number>;
  findings_7d: number;
  daily: number[];
  confirmed: number;
  false_positives: number;
};

export type Token = {
  token_hash: string;
  client: string;
  token_id: string;
  token_environment: string;
  granted_scopes: string[];
  issued_at: string;
  expires_at: string;
  calls: number;
  first_seen: string;
  last_seen: string;
};

export type RegisteredToken = {
  token_hash: string;
  client: string;
  environment: string;
  granted_scopes: string[];
  issued_at: string;
  expires_at: string;
  revoked_at: string;
  client_cert_sha256: string;
  allowed_networks: string[];
  registered_by: string;
};

export type Usual = {
  volume: VolumeHour[];
  scopes: SeenValue[];
  routes: SeenValue[];
  countries: SeenValue[];
  networks: SeenValue[];
  network_kinds: SeenValue[];
  environments: SeenValue[];
  user_agents: SeenValue[];
};

export type VolumeHour = {
  at: string;
  calls: number;
  denied: number;
  low: number | null;
  high: number | null;
};

export type SeenValue = {
  value: string;
  calls: number;
  tokens: number;
  first_seen: string;
  last_seen: string;
};

export type Client = {
  client: string;
  tokens: number;
  calls: number;
  first_seen: string;
  last_seen: string;
};

export type ClientReach = {
  calls_per_day: number;
  live_tokens: number;
  routes: { route: string; calls_per_day: number }[];
  services: string[];
};

export type TokenRegistration = {
  client?: string;
  environment?: string;
  granted_scopes?: string[];
  issued_at?: string;
  expires_at?: string;
  revoked_at?: string;
  client_cert_sha256?: string;
  allowed_networks?: string[];
};

export type Revocation = {
  token_hash: string;
  incident_id: string;
  state: ResponseState;
  mode: 'off' | 'approve' | 'auto';
  dry_run: boolean;
  second_person: boolean;
  stopped: boolean;
  requested_by: string;
  blast_radius: BlastRadius;
};

export type BlastRadius = {
  calls_per_day: number;
  routes: { route: string; calls_per_day: number }[];
  services: string[];
  other_live_tokens: number;
};

export type RevocationStop = { stopped: boolean; by: string; reason: string };

export type Silence = {
  id: string;
  match: Record<string, unknown>;
  owner: string;
  comment: string;
  created_at: string;
  starts_at: string;
  ends_at: string;
  active: boolean;
};

export type SilenceMatch = {
  min_severity?: 'low' | 'medium' | 'high' | 'critical';
  detection?: string;
  client?: string;
  service?: string;
  environment?: string;
  token?: string;
};

export type Quieted = {
  incident: string;
  detection: string;
  entity: 'token' | 'client' | 'endpoint' | 'service';
  token_hash: string;
  client: string;
  name: string;
  value: string;
  owner: string;
  reason: string;
  since: string;
  until: string;
};

export type WatchOnly = { detection: string; since: string; reason: string };

export type WhatIf = {
  id: string;
  detection: string;
  parameters: Record<string, number>;
  days: number;
  asked_by: string;
  asked_at: string;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  share: number;
  reason: string;
  result: WhatIfResult | null;
};

export type WhatIfResult = {
  from: string;
  to: string;
  before: number;
  after: number;
  kept: number;
  changed: number;
  gained_total: number;
  lost_total: number;
  gained: WhatIfIncident[];
  lost: WhatIfIncident[];
};

export type WhatIfIncident = {
  entity: 'token' | 'client' | 'endpoint' | 'service';
  token_hash: string;
  client: string;
  name: string;
  title: string;
  explanation: string;
  severity: Severity;
  score: number;
  opened_at: string;
  detections: string[];
  incident_id: string;
  status: IncidentStatus | '';
};

export type DetectionSetting = {
  detection: string;
  parameters: Record<string, number>;
  set_by: string;
  set_at: string;
  reason: string;
};

export type Endpoint = {
  service: string;
  environment: string;
  method: string;
  route: string;
  calls: number;
  denied: number;
  failed: number;
  anonymous: number;
  first_seen: string;
  last_seen: string;
  is_new: boolean;
};

export type AuditEntry = {
  chain: string;
  seq: number;
  at: string;
  actor: string;
  action: string;
  subject: string;
  detail: Record<string, unknown>;
  hash: string;
  signed: boolean;
};

export type InventoryEntry = {
  service: string;
  method: string;
  route: string;
  state: string;
  calls: number;
  last_seen: string;
};

export type SprawlEntry = {
  token_hash: string;
  client: string;
  granted_scopes: string[];
  unused_scopes: string[];
  clients: number;
  networks: number;
  agents: number;
  services: string[];
  first_seen: string;
  last_seen: string;
  calls: number;
};

export type ClientSprawlEntry = { client: string; scope: string; tokens: number; unused: number };

export type ApiKey = {
  id: string;
  name: string;
  role: string;
  created_by: string;
  created_at: string;
  expires_at: string;
  state: 'active' | 'expired' | 'revoked';
};

export interface paths {
  '/api/v1/incidents': {
    get: {
      parameters: {
        query?: {
          status?: IncidentStatus[];
          severity?: Severity[];
          client?: string;
          detection?: string;
          token_hash?: string;
          assignee?: string;
          q?: string;
          order?: 'urgency' | 'updated' | 'opened' | 'score';
          limit?: number;
          offset?: number;
        };
        path?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          content: {
            'application/json': {
              incidents: Incident[];
              total: number;
              by_status: Record<IncidentStatus, number>;
              by_severity: Record<Severity, number>;
            };
          };
        };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/incidents/{id}': {
    get: {
      parameters: { query?: never; path: { id: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': IncidentView } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/incidents/{id}/related': {
    get: {
      parameters: { query?: never; path: { id: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { related: RelatedIncident[] } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/incidents/{id}/transitions': {
    post: {
      parameters: { query?: never; path: { id: string } };
      requestBody: {
        content: {
          'application/json':
            | { action: 'acknowledge' }
            | { action: 'assign'; to: string }
            | { action: 'comment'; text: string }
            | { action: 'resolve'; reason?: string }
            | { action: 'false_positive'; reason?: string }
            | { action: 'reopen'; reason?: string };
        };
      };
      responses: {
        200: { content: { 'application/json': IncidentView } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/incidents/transitions': {
    post: {
      parameters: { query?: never; path?: never };
      requestBody: {
        content: {
          'application/json': {
            ids: string[];
            transition:
              | { action: 'acknowledge' }
              | { action: 'assign'; to: string }
              | { action: 'comment'; text: string }
              | { action: 'resolve'; reason?: string }
              | { action: 'false_positive'; reason?: string }
              | { action: 'reopen'; reason?: string };
          };
        };
      };
      responses: {
        200: {
          content: {
            'application/json': { done: string[]; refused: { id: string; detail: string }[] };
          };
        };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/incidents/{id}/activity': {
    get: {
      parameters: { query?: never; path: { id: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Activity } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/incidents/{id}/calls': {
    get: {
      parameters: { query?: { limit?: number }; path: { id: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { calls: Call[] } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/incidents/{id}/places': {
    get: {
      parameters: { query?: never; path: { id: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { before: Place[]; during: Place[] } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/findings': {
    get: {
      parameters: {
        query?: {
          token_hash?: string;
          client?: string;
          detection?: string;
          min_severity?: Severity;
          since?: unknown;
          until?: unknown;
          limit?: number;
          offset?: number;
        };
        path?: never;
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { findings: Finding[] } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/detections': {
    get: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { detections: Detection[] } } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/deliveries': {
    get: {
      parameters: {
        query?: {
          receiver?: string;
          state?: ('pending' | 'sent' | 'refused' | 'dead')[];
          incident?: string;
          since?: unknown;
          limit?: number;
          offset?: number;
        };
        path?: never;
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { deliveries: Delivery[] } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/incidents/{id}/ocsf': {
    get: {
      parameters: { query?: never; path: { id: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Record<string, unknown> } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/incidents/{id}/markdown': {
    get: {
      parameters: { query?: never; path: { id: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'text/markdown': string } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/tokens': {
    get: {
      parameters: {
        query?: { client?: string; q?: string; limit?: number; offset?: number };
        path?: never;
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { tokens: Token[] } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/tokens/{hash}': {
    get: {
      parameters: { query?: never; path: { hash: string } };
      requestBody?: never;
      responses: {
        200: {
          content: {
            'application/json': { token: Token; registered: RegisteredToken | null; usual: Usual };
          };
        };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
    put: {
      parameters: { query?: never; path: { hash: string } };
      requestBody: { content: { 'application/json': TokenRegistration } };
      responses: {
        200: { content: { 'application/json': RegisteredToken } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/tokens/lookup': {
    post: {
      parameters: { query?: never; path?: never };
      requestBody: { content: { 'application/json': { token: string } } };
      responses: {
        200: { content: { 'application/json': { token_hash: string; known: boolean } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/clients': {
    get: {
      parameters: { query?: { q?: string; limit?: number; offset?: number }; path?: never };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { clients: Client[] } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/clients/{id}': {
    get: {
      parameters: { query?: never; path: { id: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { client: Client; tokens: Token[]; usual: Usual } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/clients/{id}/reach': {
    get: {
      parameters: { query?: never; path: { id: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': ClientReach } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/tokens/{hash}/registration': {
    get: {
      parameters: { query?: never; path: { hash: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': RegisteredToken } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/tokens/{hash}/revocation': {
    get: {
      parameters: { query?: never; path: { hash: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Revocation } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
    post: {
      parameters: { query?: never; path: { hash: string } };
      requestBody: {
        content: {
          'application/json': { action: 'request' | 'approve' | 'refuse'; reason?: string };
        };
      };
      responses: {
        200: { content: { 'application/json': Revocation } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/revocation-stop': {
    get: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': RevocationStop } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
    put: {
      parameters: { query?: never; path?: never };
      requestBody: { content: { 'application/json': { stopped: boolean; reason?: string } } };
      responses: {
        200: { content: { 'application/json': RevocationStop } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/silences': {
    get: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { silences: Silence[] } } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
    post: {
      parameters: { query?: never; path?: never };
      requestBody: {
        content: {
          'application/json': {
            match: SilenceMatch;
            comment: string;
            starts_at?: string;
            ends_at: string;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': Silence } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/silences/preview': {
    post: {
      parameters: { query?: never; path?: never };
      requestBody: { content: { 'application/json': { match: SilenceMatch } } };
      responses: {
        200: {
          content: { 'application/json': { matched: number; of: number; examples: Incident[] } };
        };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/silences/{id}': {
    delete: {
      parameters: { query?: never; path: { id: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Silence } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/quieted': {
    get: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { quieted: Quieted[]; watch_only: WatchOnly[] } } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/what-if': {
    post: {
      parameters: { query?: never; path?: never };
      requestBody: {
        content: {
          'application/json': {
            detection: string;
            parameters: Record<string, number>;
            days?: number;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': WhatIf } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
    get: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { questions: WhatIf[] } } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/what-if/{id}': {
    get: {
      parameters: { query?: never; path: { id: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': WhatIf } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
    delete: {
      parameters: { query?: never; path: { id: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': WhatIf } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/detection-settings': {
    get: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { settings: DetectionSetting[] } } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/detections/{id}/parameters': {
    put: {
      parameters: { query?: never; path: { id: string } };
      requestBody: {
        content: { 'application/json': { parameters: Record<string, number>; reason?: string } };
      };
      responses: {
        200: { content: { 'application/json': DetectionSetting } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/endpoints': {
    get: {
      parameters: {
        query?: {
          service?: string;
          environment?: string;
          q?: string;
          days?: number;
          limit?: number;
          offset?: number;
        };
        path?: never;
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { endpoints: Endpoint[] } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/audit': {
    get: {
      parameters: {
        query?: {
          actor?: string;
          action?: string;
          subject?: string;
          since?: unknown;
          until?: unknown;
          limit?: number;
          offset?: number;
        };
        path?: never;
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { entries: AuditEntry[] } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/pipeline': {
    get: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: {
        200: {
          content: {
            'application/json': {
              stages: { stage: string; instance: string; at: string }[];
              calls_last_minute: number;
              calls_last_hour: number;
              last_call_at: string;
              last_finding_at: string;
              pending_deliveries: number;
              failed_deliveries: number;
              bytes: number;
              parts: number;
            };
          };
        };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/inventory': {
    get: {
      parameters: {
        query?: {
          service?: string;
          state?: 'used' | 'never seen' | 'deprecated' | 'deprecated, in use' | 'undocumented';
          days?: number;
          limit?: number;
          offset?: number;
        };
        path?: never;
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { inventory: InventoryEntry[] } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/sprawl': {
    get: {
      parameters: {
        query?: { client?: string; days?: number; limit?: number; offset?: number };
        path?: never;
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { tokens: SprawlEntry[] } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/sprawl/clients': {
    get: {
      parameters: {
        query?: { client?: string; days?: number; limit?: number; offset?: number };
        path?: never;
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { clients: ClientSprawlEntry[] } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/session': {
    get: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: {
        200: {
          content: {
            'application/json': {
              actor: string;
              role: 'viewer' | 'responder' | 'admin' | null;
              signed_in: boolean;
              version: string;
              sso: boolean;
            };
          };
        };
      };
    };
    post: {
      parameters: { query?: never; path?: never };
      requestBody: { content: { 'application/json': { code: string } | { key: string } } };
      responses: {
        200: {
          content: {
            'application/json': {
              actor: string;
              role: 'viewer' | 'responder' | 'admin' | null;
              signed_in: boolean;
              version: string;
              sso: boolean;
            };
          };
        };
        400: { content: { 'application/problem+json': Problem } };
      };
    };
    delete: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: {
        200: {
          content: {
            'application/json': {
              actor: string;
              role: 'viewer' | 'responder' | 'admin' | null;
              signed_in: boolean;
              version: string;
              sso: boolean;
            };
          };
        };
      };
    };
  };
  '/api/v1/session/oidc': {
    get: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: { 200: { content: { 'text/plain': string } } };
    };
  };
  '/api/v1/session/oidc/callback': {
    get: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: { 200: { content: { 'text/plain': string } } };
    };
  };
  '/api/v1/keys': {
    get: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { keys: ApiKey[] } } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
    post: {
      parameters: { query?: never; path?: never };
      requestBody: {
        content: {
          'application/json': {
            name: string;
            role: 'viewer' | 'responder' | 'admin';
            expires_at?: string;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': { key: string; about: ApiKey } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/v1/keys/{id}': {
    delete: {
      parameters: { query?: never; path: { id: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': ApiKey } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/health': {
    get: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: { 200: { content: { 'application/json': { status: 'ok' } } } };
    };
  };
  '/ready': {
    get: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: { 200: { content: { 'application/json': { status: 'ok' } } } };
    };
  };
  '/metrics': {
    get: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: { 200: { content: { 'text/plain': string } } };
    };
  };
  '/api/v1/events': {
    get: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: {
        200: { content: { 'text/event-stream': string } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/api/openapi.json': {
    get: {
      parameters: { query?: never; path?: never };
      requestBody?: never;
      responses: { 200: { content: { 'application/json': Record<string, unknown> } } };
    };
  };
}
