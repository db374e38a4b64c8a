import { ages } from './ages.ts';
import { bindings } from './bindings.ts';
import { dormancy } from './dormancy.ts';
import { endpoints } from './endpoints.ts';
import { environments } from './environments.ts';
import { lapsed } from './lapsed.ts';
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
];
