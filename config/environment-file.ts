import { randomBytes } from 'node:crypto';

interface Line {
  name: string;
  about: string;
  /** Left out: a secret, made at random. */
  value?: string;
}

const LINES: readonly Line[] = [
  { name: 'TOKENWATCH_PEPPER', about: 'The key of all hashes: lost, every history is lost' },
  { name: 'TOKENWATCH_ADMIN_KEY', about: 'API key with the admin role' },
  {
    name: 'TOKENWATCH_COLLECTOR_KEYS',
    about: 'What services send: Authorization: Bearer <key>; several by commas',
  },
  { name: 'CLICKHOUSE_PASSWORD', about: 'The user that tokenwatch works as' },
  { name: 'CLICKHOUSE_READER_PASSWORD', about: 'The user that Grafana reads as' },
  { name: 'CLICKHOUSE_RULES_PASSWORD', about: 'The user that your own rules run as' },
  { name: 'GRAFANA_ADMIN_PASSWORD', about: "Grafana's user admin" },
  {
    name: 'GRAFANA_ALERT_EMAIL',
    about: "Who is told of tokenwatch's own troubles; needs GRAFANA_SMTP_ENABLED and _HOST",
    value: 'tokenwatch@localhost',
  },
];

/** The variables that `docker-compose.yml` takes, each with a comment; secrets are new ones every time. */
export function environmentFile(): string {
  const head =
    '# Secrets of this installation, for docker-compose.yml. Keep it; give it to nobody.\n';
  const lines = LINES.map(({ name, about, value }) => {
    return `\n# ${about}\n${name}=${value ?? randomBytes(32).toString('base64url')}\n`;
  });
  return head + lines.join('');
}
