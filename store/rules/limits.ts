import type { ClickHouseSettings } from '@clickhouse/client';

/** How much one look of all rules may take. */
export interface RuleLimits {
  seconds: number;
  megabytes: number;
  /** Rows read. */
  rows: number;
}

/** What the user of rules may be given at most, whatever the configuration says. */
export const MOST: RuleLimits = { seconds: 300, megabytes: 8_000, rows: 20_000_000_000 };

/** The limits as settings of a query: the belt to the braces of the user's own profile. */
export function limitSettings({ seconds, megabytes, rows }: RuleLimits): ClickHouseSettings {
  return {
    max_execution_time: seconds,
    timeout_overflow_mode: 'throw',
    max_memory_usage: String(megabytes * 1_000_000),
    max_rows_to_read: String(rows),
    read_overflow_mode: 'throw',
    max_result_rows: '20000',
    result_overflow_mode: 'throw',
    max_ast_elements: '200000',
    max_expanded_ast_elements: '1000000',
    max_threads: 2,
  };
}
