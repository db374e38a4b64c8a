import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

/** Services that get a series of their own; those beyond share one, so that names cost no memory. */
const MAX_SERVICES = 200;
const INSERT_SECONDS = [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** Where counters, gauges and histograms of the collector are made. */
function metricFactory(registry: Registry) {
  const registers = [registry];
  const named = (name: string, help: string) => ({
    name: `tokenwatch_collector_${name}`,
    help,
    registers,
  });
  const counter = <T extends string>(name: string, help: string, labelNames: T[] = []) =>
    new Counter<T>({ ...named(name, help), labelNames });
  const gauge = (name: string, help: string, read?: () => number) =>
    new Gauge({
      ...named(name, help),
      ...(read === undefined
        ? {}
        : {
            collect() {
              this.set(read());
            },
          }),
    });
  return { named, counter, gauge };
}

export function collectorMetrics(registry: Registry) {
  const { named, counter, gauge } = metricFactory(registry);
  return {
    spans: counter('spans_total', 'Spans and log records, by what became of them', ['outcome']),
    requests: counter('requests_total', 'Export requests, by transport, signal and status', [
      ...(['transport', 'signal', 'status'] as const),
    ]),
    refused: counter('refused_total', 'Requests refused, by reason and sender', [
      ...(['reason', 'sender'] as const),
    ]),
    rejected: counter(
      'rejected_spans_total',
      'Spans that could not be read while others of their request were kept',
      ['reason', 'sender'],
    ),
    adjusted: counter('adjusted_spans_total', 'Spans kept otherwise than sent, by reason', [
      ...(['reason', 'sender'] as const),
    ]),
    masked: counter(
      'masked_values_total',
      'Values that looked like secrets or personal data and were masked',
      ['service', 'field', 'kind'],
    ),
    insertSeconds: new Histogram({
      ...named('insert_seconds', 'Time that an insert into ClickHouse took'),
      buckets: INSERT_SECONDS,
    }),
    insertFailures: counter('insert_failures_total', 'Inserts that failed; they are tried again'),
    watchQueue: (rows: () => number) => gauge('queued_rows', 'Rows that wait for an insert', rows),
    watchSpool: (spool: { entries: number; bytes: number }) => {
      gauge('spool_blocks', 'Blocks on disk that wait for ClickHouse', () => spool.entries);
      gauge('spool_bytes', 'Bytes on disk that wait for ClickHouse', () => spool.bytes);
    },
    databases: gauge('location_database_up', 'Whether the location databases could be opened'),
  };
}

export type CollectorMetrics = ReturnType<typeof collectorMetrics>;

/** The label under which a service is counted: its name, or `other` once there are too many. */
export function serviceLabels(): (service: string) => string {
  const known = new Set<string>();
  return (service) => {
    if (known.has(service)) return service;
    if (known.size >= MAX_SERVICES) return 'other';
    known.add(service);
    return service;
  };
}
