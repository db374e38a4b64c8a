import {
  CustomVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { TABLES } from '../../store/tables.ts';
import { table } from './clickhouse-query.ts';
import { DATASOURCE } from './names.ts';
import { among, hex, key } from './sql.ts';

const ALL = { selected: true, text: ['All'], value: ['$__all'] };

/** Options from a query of two columns: the value, then what people read. */
function query(name: string, label: string, about: string, sql: string): QueryVariableBuilder {
  const target = table(sql).refId(`variable-${name}`).build();
  return new QueryVariableBuilder(name)
    .label(label)
    .description(about)
    .datasource(DATASOURCE)
    .query({ ...target })
    .definition(target.rawSql)
    .refresh(VariableRefresh.OnDashboardLoad)
    .sort(VariableSort.Disabled);
}

function several(variable: QueryVariableBuilder): QueryVariableBuilder {
  // Only what the query offers: nobody's link pastes text of its own into the SQL.
  return variable.multi(true).includeAll(true).current(ALL).allowCustomValue(false);
}

export function environmentVariable(): QueryVariableBuilder {
  return several(
    query(
      'environment',
      'Environment',
      'Where the service runs that reported the call.',
      `SELECT ${key('environment')} AS value, if(environment = '', '(not said)', toString(environment)) AS name
       FROM ${TABLES.activityMinute} GROUP BY environment ORDER BY sum(calls) DESC LIMIT 200`,
    ),
  );
}

const CLIENTS = `SELECT ${key('client_id')} AS value, if(client_id = '', '(not said)', toString(client_id)) AS name
  FROM ${TABLES.clientValues} WHERE dimension = 'any' GROUP BY client_id ORDER BY sum(calls) DESC LIMIT 1000`;

/** Any number of clients; all of them at first. */
export function clientsVariable(): QueryVariableBuilder {
  return several(query('client', 'Client', 'The party that the token was issued to.', CLIENTS));
}

/** One client. */
export function clientVariable(): QueryVariableBuilder {
  return query('client', 'Client', 'The party that the tokens were issued to.', CLIENTS);
}

/** One token, of the chosen clients; the latest seen first. Any other hash can be typed in. */
export function tokenVariable(): QueryVariableBuilder {
  return query(
    'token',
    'Token',
    'By its keyed hash; paste one from an alert to see that token.',
    `SELECT ${hex('token_hash')} AS value,
       concat(if(client_id = '', '(no client)', client_id), ' · ', substring(${hex('token_hash')}, 1, 12)) AS name
     FROM ${TABLES.tokens}
     WHERE ${among('client_id', 'client')}
     ORDER BY last_seen DESC LIMIT 1000`,
  );
}

export function severityVariable(): CustomVariableBuilder {
  return new CustomVariableBuilder('severity')
    .label('Severity')
    .description('Of incidents and findings; calls are counted whatever is chosen.')
    .values('critical,high,medium,low')
    .multi(true)
    .includeAll(true)
    .allowCustomValue(false)
    .current(ALL)
    .options(
      ['critical', 'high', 'medium', 'low'].map((severity) => ({
        selected: false,
        text: severity,
        value: severity,
      })),
    );
}

/** Where links into the console lead. */
export function consoleVariable(url: string): TextBoxVariableBuilder {
  return new TextBoxVariableBuilder('console')
    .label('Console')
    .description('Where the tokenwatch console is reached; links to incidents lead there.')
    .defaultValue(url)
    .current({ selected: true, text: url, value: url })
    .options([{ selected: true, text: url, value: url }])
    .hide(VariableHide.HideVariable);
}
