/** Names of the tables, for readers, writers and dashboards; the columns are in `migrations/`. */
export const TABLES = {
  calls: 'calls',
  findings: 'findings',
  incidentEvents: 'incident_events',
  incidents: 'incidents',
  detections: 'detections',
  deliveries: 'deliveries',
  stageState: 'stage_state',
  migrations: 'schema_migrations',
} as const;
