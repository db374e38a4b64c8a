import { ages } from './ages.ts';
import { bindings } from './bindings.ts';
import { denials } from './denials.ts';
import { dormancy } from './dormancy.ts';
import { endpoints } from './endpoints.ts';
import { environments } from './environments.ts';
import { lapsed } from './lapsed.ts';
import { objects } from './objects.ts';
import { replays } from './replays.ts';
import { reporting } from './reporting.ts';
import { sharing } from './sharing.ts';
import { transport } from './transport.ts';
import type { Watch } from './watch.ts';

/** Every watch: one line each. */
export const WATCHES: readonly Watch[] = [
  environments,
  ...lapsed,
  ages,
  dormancy,
  ...bindings,
  ...transport,
  ...endpoints,
  ...objects,
  ...replays,
  sharing,
  ...denials,
  ...reporting,
];
