import type { ReactNode } from 'react';

export function Logo(): ReactNode {
  return (
    <span className="tw-logo">
      <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" className="tw-logo-ground" />
        <circle cx="16" cy="16" r="9" className="tw-logo-ring" />
        <path d="M10.5 17.2h2.6l1.7-4.6 2.4 7.2 1.7-2.6h2.6" className="tw-logo-beat" />
      </svg>
      tokenwatch
    </span>
  );
}
