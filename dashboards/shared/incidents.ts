import type { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import { TABLES } from '../../store/tables.ts';
import { rows } from './columns.ts';
import { INCIDENTS, hex, key } from './sql.ts';

/** Columns that name an incident, its token and its client, with what their links need. */
const INCIDENT_COLUMNS = {
  incident_key: 'id',
  token_key: hex('token_hash'),
  client_key: key('client_id'),
  Severity: 'toString(severity)',
  Score: 'score',
  Status: 'status',
  Incident: 'title',
  Client: 'client_id',
  Token: `if(token_hash = toFixedString('', 32), '', substring(${hex('token_hash')}, 1, 12))`,
  Opened: 'opened_at',
  Findings: 'findings',
  'Assigned to': 'assignee',
  Explanation: 'explanation',
};

/** Incidents that `where` leaves, the worst first. */
export function incidentTable(
  words: { title: string; about: string; width: number; height: number },
  where: string,
): Table {
  return rows(
    words,
    INCIDENT_COLUMNS,
    `FROM ${INCIDENTS} WHERE ${where}
     ORDER BY status = 'open' DESC, incidents.severity DESC, score DESC, opened_at DESC LIMIT 100`,
  );
}

/** Findings that `where` leaves, the latest first. */
export function findingTable(
  words: { title: string; about: string; width: number; height: number },
  where: string,
): Table {
  return rows(
    words,
    {
      token_key: hex('token_hash'),
      client_key: key('client_id'),
      Found: 'detected_at',
      Severity: 'toString(severity)',
      Detection: 'detection',
      Value: "JSONExtractString(evidence, 'value')",
      Client: 'client_id',
      Token: `if(token_hash = toFixedString('', 32), '', substring(${hex('token_hash')}, 1, 12))`,
      Explanation: 'explanation',
    },
    `FROM ${TABLES.findings} FINAL WHERE $__timeFilter(detected_at) AND ${where}
     ORDER BY detected_at DESC LIMIT 200`,
  );
}

/** Marks of incidents on graphs: `time`, `title`, `text`, `tags`. */
export function incidentMarks(where: string): { name: string; sql: string } {
  return {
    name: 'Incidents',
    sql: `SELECT opened_at AS time, title, explanation AS text, concat(toString(severity), ',', status) AS tags
      FROM ${INCIDENTS} WHERE $__timeFilter(opened_at) AND ${where} ORDER BY time LIMIT 200`,
  };
}
