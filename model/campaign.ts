import { CORRELATOR } from './correlate.ts';
import { campaignKey, incidentId } from './incident.ts';
import type { Incident } from './incident.ts';
import type { CampaignKind, FindingSummary, IncidentEvent } from './incident-event.ts';

/** When incidents count as one campaign; see `alerting.incidents` in the configuration. */
export interface CampaignOptions {
  /** At least so many tokens. */
  size: number;
  /** Opened within this, ms. */
  window: number;
}

/** A campaign that is there already, or could be: what its members share. */
interface Shared {
  kind: CampaignKind;
  key: string;
  incidents: Incident[];
}

/** The network that a finding points at, as `AS<number>`, or null. */
function networkOf(finding: FindingSummary): string | null {
  const fact = finding.evidence.facts?.['asn'];
  const value = finding.detection === 'geography.new-network' ? finding.evidence.value : undefined;
  const text = [fact, value].find((one) => typeof one === 'string' || typeof one === 'number');
  const named = /^(?:AS)?(\d{1,10})$/.exec(String(text));
  return named === null || named[1] === '0' ? null : `AS${named[1] ?? ''}`;
}

function include(
  groups: Map<string, Shared>,
  kind: CampaignKind,
  key: string,
  incident: Incident,
): void {
  const name = campaignKey(kind, key);
  const group = groups.get(name);
  if (group === undefined) groups.set(name, { kind, key, incidents: [incident] });
  else if (!group.incidents.includes(incident)) group.incidents.push(incident);
}

/** Open token incidents that belong to no campaign, by what they share. */
function shared(incidents: Iterable<Incident>, since: number): Map<string, Shared> {
  const groups = new Map<string, Shared>();
  for (const incident of incidents) {
    const alone =
      incident.entity === 'token' && incident.campaign === '' && incident.campaignOf === null;
    if (!alone || incident.closedAt !== 0 || incident.openedAt < since) continue;
    if (incident.clientId !== '') include(groups, 'client', incident.clientId, incident);
    for (const finding of incident.findings) {
      const network = networkOf(finding);
      if (network !== null) include(groups, 'network', network, incident);
    }
  }
  return groups;
}

function isCampaign({ kind, incidents }: Shared, size: number): boolean {
  if (new Set(incidents.map((incident) => incident.tokenHash)).size < size) return false;
  // One client's tokens behind one network are that client's campaign.
  return kind === 'client' || new Set(incidents.map((incident) => incident.clientId)).size > 1;
}

function joinEvents(campaign: string, incident: Incident): IncidentEvent[] {
  const { id, tokenHash, clientId, severity, score, detections, services, environments } = incident;
  const about = { tokenHash, clientId, severity, score, detections, services, environments };
  const common = { at: incident.updatedAt, actor: CORRELATOR };
  return [
    {
      ...{ id: `${campaign}:m:${id}`, incidentId: campaign, ...common },
      ...{ kind: 'member_added', member: id, ...about },
    },
    { ...{ id: `${id}:joined:${campaign}`, incidentId: id, ...common }, kind: 'joined', campaign },
  ];
}

function openEvent(id: string, { kind, key, incidents }: Shared): IncidentEvent {
  const at = Math.min(...incidents.map((incident) => incident.openedAt));
  return {
    ...{
      id: `${id}:opened`,
      incidentId: id,
      at,
      actor: CORRELATOR,
      kind: 'opened',
      entity: 'client',
    },
    ...{ tokenHash: '', clientId: kind === 'client' ? key : '', campaign: { kind, key } },
  };
}

/**
 * Finds campaigns: many tokens of one client, or one network across clients, in incidents opened
 * about the same time. Pure: the same incidents give the same events with the same ids.
 *
 * @param incidents those that are followed
 * @param campaignOf the latest campaign by its key (see `campaignKey`), open or closed
 * @param now epoch ms
 */
export function findCampaigns(
  incidents: Iterable<Incident>,
  campaignOf: (key: string) => Incident | undefined,
  options: CampaignOptions,
  now: number,
): IncidentEvent[] {
  const events: IncidentEvent[] = [];
  const taken = new Set<string>();
  for (const [key, group] of shared(incidents, now - options.window)) {
    const free = {
      ...group,
      incidents: group.incidents.filter((incident) => !taken.has(incident.id)),
    };
    const latest = campaignOf(key);
    const running = latest !== undefined && latest.closedAt === 0;
    if (free.incidents.length === 0 || (!running && !isCampaign(free, options.size))) continue;
    const id = running ? latest.id : incidentId(key, latest?.id ?? '');
    if (!running) events.push(openEvent(id, free));
    for (const incident of free.incidents) {
      taken.add(incident.id);
      events.push(...joinEvents(id, incident));
    }
  }
  return events;
}
