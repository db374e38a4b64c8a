import { readFileSync, statSync } from 'node:fs';
import type { DetectorConfig } from '../../config/detector.ts';
import { OpenApiError, readOpenApi } from './document.ts';
import type { DocumentedOperation } from './document.ts';
import { commonRoute, isRoute } from './routes.ts';

/** What OpenAPI files say of services. */
export interface Inventory {
  /** Services of which there is a file. */
  services: readonly string[];
  all: readonly (DocumentedOperation & { service: string })[];
  /** The documented operation that a route is, or null. */
  find: (service: string, method: string, route: string) => DocumentedOperation | null;
}

function read(file: string, basePath: string | undefined): DocumentedOperation[] {
  try {
    // Before it is read: a file of gigabytes must not fill the memory.
    if (statSync(file).size > 16 * 1024 * 1024) throw new OpenApiError('larger than 16 MB');
    return readOpenApi(readFileSync(file, 'utf8'), basePath);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OpenApiError(`detector.openapi: ${file}: ${why}`, { cause: error });
  }
}

const keyOf = (service: string, method: string, common: string): string =>
  `${service} ${method} ${String(common.split('/').length)}`;

function build(files: DetectorConfig['openapi']): Inventory {
  const all = files.flatMap(({ service, file, base_path: basePath }) =>
    read(file, basePath).map((operation) => ({ ...operation, service })),
  );
  const byLength = Map.groupBy(all, (one) => keyOf(one.service, one.method, one.common));
  return {
    services: [...new Set(files.map((one) => one.service))],
    all,
    find: (service, method, route) => {
      const common = commonRoute(route);
      const candidates = byLength.get(keyOf(service, method, common)) ?? [];
      return (
        candidates.find((one) => one.common === common) ??
        candidates.find((one) => isRoute(one.common, common)) ??
        null
      );
    },
  };
}

/** By the list itself: settings are made anew around it. */
const loaded = new WeakMap<DetectorConfig['openapi'], Inventory>();

/**
 * The inventory that the configuration names; files are read once.
 *
 * @throws OpenApiError naming the file and the line
 */
export function inventoryOf(settings: DetectorConfig): Inventory {
  const known = loaded.get(settings.openapi);
  if (known !== undefined) return known;
  const inventory = build(settings.openapi);
  loaded.set(settings.openapi, inventory);
  return inventory;
}
