import { useMutation } from '@tanstack/react-query';
import type { Incident, paths } from '../api-types.ts';
import { toast } from '../ui/toasts.ts';
import { api, bodyOf } from './api.ts';
import { queryClient } from './queries.ts';

export type Transition =
  paths['/api/v1/incidents/{id}/transitions']['post']['requestBody']['content']['application/json'];

const DONE: Record<Transition['action'], string> = {
  acknowledge: 'Acknowledged',
  assign: 'Assigned',
  comment: 'Comment added',
  resolve: 'Resolved',
  false_positive: 'Marked as a false positive',
  reopen: 'Reopened',
};

/** What somebody decides on: which incidents, as they stood before. */
export interface Decision {
  incidents: readonly Pick<Incident, 'id' | 'status' | 'assignee'>[];
  transition: Transition;
}

interface Step {
  ids: string[];
  transition: Transition;
}

/** The steps that bring incidents back to where they were before a transition; none where nothing does. */
function undoOf({ incidents, transition }: Decision): Step[] {
  const ids = incidents.map(({ id }) => id);
  const reopen: Transition = { action: 'reopen', reason: 'undone' };
  switch (transition.action) {
    case 'acknowledge':
      return [{ ids, transition: reopen }];
    case 'assign':
      return [...Map.groupBy(incidents, (one) => one.assignee)].map(([to, before]) => ({
        ids: before.map(({ id }) => id),
        transition: { action: 'assign', to },
      }));
    case 'resolve':
    case 'false_positive': {
      const seen = incidents.filter(({ status }) => status === 'acknowledged').map(({ id }) => id);
      const again: Step = { ids: seen, transition: { action: 'acknowledge' } };
      return [{ ids, transition: reopen }, ...(seen.length === 0 ? [] : [again])];
    }
    default:
      return [];
  }
}

async function send(ids: string[], transition: Transition): Promise<string[]> {
  const body = { ids, transition };
  const answer = await bodyOf(api.POST('/api/v1/incidents/transitions', { body }));
  const [refused] = answer.refused;
  if (answer.done.length === 0 && refused !== undefined) throw new Error(refused.detail);
  return answer.done;
}

async function refresh(): Promise<void> {
  await queryClient.invalidateQueries({ queryKey: ['incidents'] });
}

function said(transition: Transition, count: number): string {
  const what = DONE[transition.action];
  return count > 1 ? `${what}: ${String(count)} incidents` : what;
}

async function takeBack(steps: readonly Step[]): Promise<void> {
  for (const { ids, transition } of steps) await send(ids, transition);
}

async function perform({ incidents, transition }: Decision): Promise<void> {
  const done = new Set(
    await send(
      incidents.map(({ id }) => id),
      transition,
    ),
  );
  const undo = undoOf({ incidents: incidents.filter(({ id }) => done.has(id)), transition });
  const run = (): void => {
    void takeBack(undo).then(refresh, complain);
  };
  toast({
    tone: 'done',
    text: said(transition, done.size),
    ...(undo.length === 0 ? {} : { action: { label: 'Undo', run } }),
  });
}

function complain(error: unknown): void {
  toast({ tone: 'failed', text: error instanceof Error ? error.message : 'That did not work.' });
}

/** Carries out transitions of one or many incidents, with a word when done and a way back. */
export function useTransitions() {
  return useMutation({
    mutationFn: perform,
    onSuccess: refresh,
    onError: complain,
  });
}
