// The SDK prefers its second schema, which only Grafana 12 and later read and which is beta there; the
// first is what every Grafana in the field imports and provisions.
/* eslint-disable @typescript-eslint/no-deprecated */
import { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dashboard as FirstSchema } from '@grafana/grafana-foundation-sdk/dashboard';

export type Dashboard = FirstSchema;

/** A builder of an empty dashboard. */
export function newDashboard(title: string): DashboardBuilder {
  return new DashboardBuilder(title);
}
