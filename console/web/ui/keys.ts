import { useEffect, useRef } from 'react';

export type KeyMap = Record<string, () => void>;

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}

/** Enter on a link or button belongs to that link or button. */
function isPressing(event: KeyboardEvent): boolean {
  return (
    event.key === 'Enter' &&
    event.target instanceof HTMLElement &&
    event.target.matches('a, button')
  );
}

/** Runs what a key stands for, unless somebody is typing, a dialog is open or a modifier is held. */
export function useKeys(map: KeyMap): void {
  const latest = useRef(map);
  useEffect(() => {
    latest.current = map;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (isPressing(event)) return;
      if (document.querySelector('[role="dialog"]') !== null) return;
      const run = latest.current[event.key];
      if (run === undefined) return;
      event.preventDefault();
      run();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}
