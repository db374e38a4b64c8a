/** Names of the tables, for readers, writers and dashboards; the columns are in `migrations/`. */
export const TABLES = {
  calls: 'calls',
  tokenAliases: 'token_aliases',
  hygiene: 'hygiene',
  tokenMinute: 'token_minute',
  tokenHour: 'token_hour',
  clientMinute: 'client_minute',
  tokenValues: 'token_values',
  tokenSeen: 'token_seen',
  clientValues: 'client_values',
  globalValues: 'global_values',
  tokenInventory: 'token_inventory',
  tokens: 'tokens',
  activityMinute: 'activity_minute',
  endpointHour: 'endpoint_hour',
  stageMetrics: 'stage_metrics',
  volumeProfile: 'volume_profile',
  volumeState: 'volume_state',
  untrained: 'untrained',
  tokenLineage: 'token_lineage',
  surprises: 'surprises',
  raised: 'raised',
  findings: 'findings',
  incidentEvents: 'incident_events',
  incidents: 'incidents',
  detections: 'detections',
  detectionSettings: 'detection_settings',
  whatIfSteps: 'what_if_steps',
  deliveries: 'deliveries',
  silences: 'silences',
  audit: 'audit',
  stageState: 'stage_state',
  consoleSessions: 'console_sessions',
  consoleKeys: 'console_keys',
  tokenRegistry: 'token_registry',
  tokenCertificates: 'token_certificates',
  erasing: 'erasing',
  migrations: 'schema_migrations',
} as const;

/**
 * What dashboards and alert rules ask, and the table behind the view `tokens`: the reading user is
 * granted these and nothing else. Digests of keys and sessions, and the audit chain, are not among them.
 */
export const READER_TABLES: readonly string[] = [
  ...[TABLES.activityMinute, TABLES.calls, TABLES.clientValues, TABLES.deliveries],
  ...[TABLES.endpointHour, TABLES.findings, TABLES.incidents, TABLES.stageMetrics],
  ...[TABLES.surprises, TABLES.tokenHour, TABLES.tokenInventory, TABLES.tokenMinute],
  ...[TABLES.tokenSeen, TABLES.tokenValues, TABLES.tokens, TABLES.volumeProfile],
];
