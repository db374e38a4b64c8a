import { useMutation } from '@tanstack/react-query';
import type { paths } from '../api-types.ts';
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

/** What takes a transition back, where something does. */
function undoOf(transition: Transition): Transition | null {
  const taken = ['acknowledge', 'resolve', 'false_positive'].includes(transition.action);
  return taken ? { action: 'reopen', reason: 'undone' } : null;
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

async function perform(ids: string[], transition: Transition): Promise<void> {
  const done = await send(ids, transition);
  const undo = undoOf(transition);
  toast({
    tone: 'done',
    text: said(transition, done.length),
    ...(undo === null
      ? {}
      : {
          action: {
            label: 'Undo',
            run: () => {
              void send(done, undo).then(refresh, complain);
            },
          },
        }),
  });
}

function complain(error: unknown): void {
  toast({ tone: 'failed', text: error instanceof Error ? error.message : 'That did not work.' });
}

/** Carries out transitions of one or many incidents, with a word when done and a way back. */
export function useTransitions() {
  return useMutation({
    mutationFn: async ({ ids, transition }: { ids: string[]; transition: Transition }) =>
      perform(ids, transition),
    onSuccess: refresh,
    onError: complain,
  });
}
