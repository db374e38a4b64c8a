import { createHash, createHmac } from 'node:crypto';
import { RULE_TABLES } from '../rules/contexts.ts';
import { MOST } from '../rules/limits.ts';

/** The user that users' own rules run as; its password follows from the application's. */
export function rulesUser(appPassword: string): { name: string; password: string } {
  const password = createHmac('sha256', appPassword).update('tokenwatch_rules').digest('base64url');
  return { name: 'tokenwatch_rules', password };
}

/** The profile `rules`: reads only, and holds limits that no query can raise. */
export function rulesProfileXml(): string {
  const limits = Object.entries({
    max_execution_time: MOST.seconds,
    max_memory_usage: MOST.megabytes * 1_000_000,
    max_rows_to_read: MOST.rows,
  });
  const given = limits.map(([name, value]) => `<${name}>${String(value)}</${name}>`);
  const held = limits.map(
    ([name, value]) => `<${name}><min>1</min><max>${String(value)}</max></${name}>`,
  );
  const fixed = ['readonly', 'allow_ddl', 'allow_introspection_functions'].map(
    (name) => `<${name}><const/></${name}>`,
  );
  return `<rules><readonly>2</readonly><allow_ddl>0</allow_ddl>${given.join('')}
      <constraints>${[...held, ...fixed].join('')}</constraints></rules>`;
}

/** The user, who may select from the tables that features are made of, and from no other. */
export function rulesUserXml(appPassword: string): string {
  const { name, password } = rulesUser(appPassword);
  const grants = RULE_TABLES.map((table) => `<query>GRANT SELECT ON tokenwatch.${table}</query>`);
  return `<${name}>
      <password_sha256_hex>${createHash('sha256').update(password).digest('hex')}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>rules</profile><quota>default</quota>
      <grants>${grants.join('')}</grants>
    </${name}>`;
}
