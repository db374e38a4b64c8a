import { useCallback, useState } from 'react';
import { useLocation } from 'wouter';
import type { Incident } from '../api-types.ts';
import { useTransitions } from '../data/actions.ts';
import type { Transition } from '../data/actions.ts';
import { useMay } from '../data/session.ts';
import { latestAction } from '../ui/toasts.ts';
import { useKeys } from '../ui/keys.ts';

/** How the queue is worked through: where the cursor is, what is selected, what is done. */
export interface Triage {
  /** Position of the cursor in the list, or −1. */
  cursor: number;
  setCursor: (index: number) => void;
  selected: ReadonlySet<string>;
  toggle: (id: string) => void;
  clear: () => void;
  /** True when whoever is there may decide. */
  may: boolean;
  act: (transition: Transition) => void;
}

/** The id of a row's link: what the cursor focuses. */
export function rowLinkId(id: string): string {
  return `incident-${id}`;
}

function moveFocus(incidents: readonly Incident[], index: number): void {
  const incident = incidents[index];
  if (incident === undefined) return;
  const link = document.getElementById(rowLinkId(incident.id));
  link?.focus();
  link?.scrollIntoView({ block: 'nearest' });
}

function useSelection(): Pick<Triage, 'selected' | 'toggle' | 'clear'> {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const toggle = useCallback((id: string) => {
    setSelected((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  }, []);
  return { selected, toggle, clear: () => setSelected(new Set()) };
}

/** Triage by keyboard: j and k move, Enter opens, x selects, a, r and f decide, u takes it back. */
export function useTriage(incidents: readonly Incident[]): Triage {
  const [cursor, setCursor] = useState(-1);
  const { selected, toggle, clear } = useSelection();
  const { mutate } = useTransitions();
  const [, navigate] = useLocation();
  const may = useMay('responder');
  const current = incidents[cursor];

  const go = (index: number): void => {
    const within = Math.max(0, Math.min(incidents.length - 1, index));
    setCursor(within);
    moveFocus(incidents, within);
  };
  const act = (transition: Transition): void => {
    const marked = incidents.filter(({ id }) => selected.has(id));
    const meant = marked.length > 0 ? marked : current === undefined ? [] : [current];
    if (!may || meant.length === 0) return;
    clear();
    mutate({ incidents: meant, transition });
  };
  useKeys({
    j: () => go(cursor + 1),
    k: () => go(cursor - 1),
    x: () => {
      if (current !== undefined) toggle(current.id);
    },
    Enter: () => {
      if (current !== undefined) navigate(`/incidents/${current.id}`);
    },
    a: () => act({ action: 'acknowledge' }),
    r: () => act({ action: 'resolve', reason: '' }),
    f: () => act({ action: 'false_positive', reason: '' }),
    u: () => latestAction()?.(),
    Escape: clear,
  });
  return { cursor, setCursor, selected, toggle, clear, may, act };
}
