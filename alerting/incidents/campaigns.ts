import { findCampaigns } from '../../model/campaign.ts';
import type { CampaignOptions } from '../../model/campaign.ts';
import { campaignKey } from '../../model/incident.ts';
import type { IncidentEvent } from '../../model/incident-event.ts';
import type { LiveIncidents } from './live.ts';

/**
 * The events that make campaigns of the incidents that are followed. A campaign that would be opened
 * is looked for in the store first: it may have been closed long ago, or opened by another process.
 */
export async function campaignEvents(
  live: LiveIncidents,
  options: CampaignOptions,
  now: number,
): Promise<IncidentEvent[]> {
  const find = (): IncidentEvent[] =>
    findCampaigns(live.byId.values(), (key) => live.latest(key), options, now);
  const events = find();
  const keys = events.flatMap((event) =>
    event.kind === 'opened' && event.campaign !== undefined
      ? [campaignKey(event.campaign.kind, event.campaign.key)]
      : [],
  );
  if (keys.length === 0) return events;
  await live.latestOf(keys);
  return find();
}
