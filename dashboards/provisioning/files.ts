import { ContactPointBuilder } from '@grafana/grafana-foundation-sdk/alerting';
import { stringify } from 'yaml';
import { CONTACT_POINT, ruleGroup } from '../alerting/rules.ts';
import { DATASOURCE, FOLDER } from '../shared/names.ts';
import type { BuildOptions } from '../shared/names.ts';

/** Files that Grafana reads when it starts, by their path under its provisioning folder. */
export type Files = Record<string, string>;

const HEAD =
  '# Built by `npm run dashboards`; do not edit. Grafana puts the environment’s values where ${…} stands.\n';

/** Line breaks of Windows and folded lines would change with the library: none of both. */
function yaml(value: object): string {
  return HEAD + stringify(value, { lineWidth: 0 });
}

/** The SDK's objects carry functions that mark their kind; files carry data only. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function datasource(options: BuildOptions): object {
  return {
    apiVersion: 1,
    datasources: [
      {
        name: 'tokenwatch',
        type: DATASOURCE.type,
        uid: DATASOURCE.uid,
        access: 'proxy',
        isDefault: true,
        editable: false,
        jsonData: {
          host: '${TOKENWATCH_GRAFANA_CLICKHOUSE_HOST}',
          port: '${TOKENWATCH_GRAFANA_CLICKHOUSE_PORT}',
          protocol: 'http',
          secure: false,
          username: '${TOKENWATCH_GRAFANA_CLICKHOUSE_USER}',
          defaultDatabase: options.database,
          dialTimeout: '10',
          queryTimeout: '30',
        },
        secureJsonData: { password: '${TOKENWATCH_GRAFANA_CLICKHOUSE_PASSWORD}' },
      },
    ],
  };
}

function dashboards(): object {
  return {
    apiVersion: 1,
    providers: [
      {
        name: 'tokenwatch',
        orgId: 1,
        folder: FOLDER.title,
        type: 'file',
        disableDeletion: true,
        allowUiUpdates: false,
        updateIntervalSeconds: 60,
        options: { path: '/var/lib/tokenwatch-dashboards' },
      },
    ],
  };
}

function rules(): object {
  const { title, interval, rules: list } = plain(ruleGroup());
  return {
    apiVersion: 1,
    groups: [
      {
        orgId: 1,
        name: title,
        folder: FOLDER.title,
        interval: `${String(interval)}s`,
        // A file's rules stand in their group: what names group, folder and organisation is left out.
        rules: list?.map(({ folderUID: _folder, orgID: _org, ruleGroup: _group, ...rule }) => rule),
      },
    ],
  };
}

function contactPoints(): object {
  const { name: _name, ...receiver } = plain(
    new ContactPointBuilder()
      .uid('tokenwatch-operators')
      .type('email')
      .settings({ addresses: '${TOKENWATCH_GRAFANA_ALERT_EMAIL}', singleEmail: true })
      .disableResolveMessage(false)
      .build(),
  );
  return {
    apiVersion: 1,
    contactPoints: [
      {
        orgId: 1,
        name: CONTACT_POINT,
        receivers: [receiver],
      },
    ],
  };
}

/** Data source, dashboards, alert rules and a contact point; the organisation's notification policy stays as it is. */
export function provisioning(options: BuildOptions): Files {
  return {
    'datasources/tokenwatch.yaml': yaml(datasource(options)),
    'dashboards/tokenwatch.yaml': yaml(dashboards()),
    'alerting/rules.yaml': yaml(rules()),
    'alerting/contact-points.yaml': yaml(contactPoints()),
  };
}
