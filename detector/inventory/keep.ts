import type { DetectorConfig } from '../../config/detector.ts';
import type { Db } from '../../store/db.ts';
import { writeDocumented } from '../../store/detection/endpoints.ts';
import { inventoryOf } from './inventory.ts';

/**
 * Loads the OpenAPI files and keeps what they document, for the console.
 *
 * @param at epoch ms
 * @throws OpenApiError naming file and line: a detector does not start with half an inventory
 */
export async function keepInventory(db: Db, settings: DetectorConfig, at: number): Promise<void> {
  const { all } = inventoryOf(settings);
  await writeDocumented(
    db,
    all.map(({ service, method, route, common, isDeprecated }) => ({
      ...{ service, method, route, common, deprecated: isDeprecated },
    })),
    at,
  );
}
