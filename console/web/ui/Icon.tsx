import type { ReactNode } from 'react';

/** Strokes on a 20 × 20 grid, drawn for this page. */
const PATHS = {
  incidents: 'M10 3.2 17.3 16H2.7L10 3.2ZM10 8v3.6M10 13.7v.1',
  tokens: 'M12.6 3.4a4 4 0 1 1-2.9 6.8L4 15.9V17h-1v-2.4l5.4-5.5a4 4 0 0 1 4.2-5.7ZM13.2 6.6v.1',
  clients: 'M3.5 16.5v-11l6-2v13M9.5 7.5l7 2v7M2.5 16.5h15M6 8v.1M6 11v.1M13 12v.1',
  detections: 'M10 2.8a7.2 7.2 0 1 0 7.2 7.2M10 6.4a3.6 3.6 0 1 0 3.6 3.6M10 10l6-6',
  silences: 'M5 8.5a5 5 0 0 1 8-3.9M15 9v3l1.6 2.5H6M8.3 17h3.4M3 3l14 14',
  quieted: 'M3 8v4h3l4.5 4V4L6 8H3ZM13.5 8l3.5 4M17 8l-3.5 4',
  deliveries: 'M17 3 2.8 8.6l5.7 2.9L11.4 17 17 3ZM8.5 11.5 17 3',
  endpoints: 'M5 4.5h10M5 10h10M5 15.5h10M2.5 4.5v.1M2.5 10v.1M2.5 15.5v.1M17.5 4.5v.1',
  audit: 'M5 2.8h7L15.5 6v11.2H5V2.8ZM12 2.8V6h3.5M7.8 10h5M7.8 13h5',
  health: 'M2.5 10.5h3.4L8 5l3.6 10 2-4.5h3.9',
  settings: 'M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4',
  search: 'M8.8 3.3a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM12.9 12.9 17 17',
  check: 'm3.8 10.6 4 4 8.4-9',
  alert: 'M10 2.8a7.2 7.2 0 1 1 0 14.4 7.2 7.2 0 0 1 0-14.4ZM10 6.4v4.4M10 13.4v.1',
  sun: 'M10 6.6a3.4 3.4 0 1 1 0 6.8 3.4 3.4 0 0 1 0-6.8ZM10 2v1.6M10 16.4V18M2 10h1.6M16.4 10H18M4.3 4.3l1.2 1.2M14.5 14.5l1.2 1.2M15.7 4.3l-1.2 1.2M5.5 14.5l-1.2 1.2',
  moon: 'M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7Z',
  system: 'M2.8 4h14.4v9.5H2.8V4ZM7 17h6M10 13.5V17',
  person: 'M10 3.2a3.3 3.3 0 1 1 0 6.6 3.3 3.3 0 0 1 0-6.6ZM3.6 17c.5-3.2 3-5 6.4-5s5.9 1.8 6.4 5',
  copy: 'M7 7h9.5v9.5H7V7ZM13 7V3.5H3.5V13H7',
  link: 'M8.3 11.7a3.3 3.3 0 0 0 4.7 0l3-3a3.3 3.3 0 0 0-4.7-4.7l-1 1M11.7 8.3a3.3 3.3 0 0 0-4.7 0l-3 3a3.3 3.3 0 0 0 4.7 4.7l1-1',
  clock: 'M10 2.8a7.2 7.2 0 1 1 0 14.4 7.2 7.2 0 0 1 0-14.4ZM10 6v4.3l2.8 1.7',
  comment: 'M3 4h14v9.5H9.5L6 16.7v-3.2H3V4Z',
  flag: 'M4.5 17.5v-14M4.5 4h10.8l-2 3.5 2 3.5H4.5',
  back: 'M11.5 4.5 6 10l5.5 5.5M6.3 10H17',
  chevron: 'm7.5 4.5 5.5 5.5-5.5 5.5',
  undo: 'M7 4 3.5 7.5 7 11M3.8 7.5h8a4.2 4.2 0 0 1 0 8.5H7',
  shield: 'M10 2.6 16.5 5v4.6c0 3.7-2.7 6.6-6.5 7.8-3.8-1.2-6.5-4.1-6.5-7.8V5L10 2.6Z',
  logout: 'M8 3.5H3.5v13H8M12.5 6.5 16 10l-3.5 3.5M15.8 10H7.5',
  keyboard: 'M2.5 5h15v10h-15V5ZM5.5 8v.1M8.5 8v.1M11.5 8v.1M14.5 8v.1M6.5 12h7',
  dots: 'M4.5 10v.1M10 10v.1M15.5 10v.1',
  download: 'M10 3v9.5M6 9l4 4 4-4M3.5 16.5h13',
  globe:
    'M10 2.8a7.2 7.2 0 1 1 0 14.4 7.2 7.2 0 0 1 0-14.4ZM3 10h14M10 2.8c-4.3 4.4-4.3 10 0 14.4M10 2.8c4.3 4.4 4.3 10 0 14.4',
} as const;

export type IconName = keyof typeof PATHS;

/** A small line drawing; always beside words, so hidden from screen readers. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }): ReactNode {
  return (
    <svg
      className="tw-icon"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.6}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
