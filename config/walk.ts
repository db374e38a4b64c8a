import type { z } from 'zod';

/** The parts of zod's introspection that the loader uses. */
interface Def {
  type: string;
  innerType?: z.ZodType;
  in?: z.ZodType;
  element?: z.ZodType;
  valueType?: z.ZodType;
  shape?: Record<string, z.ZodType>;
  options?: z.ZodType[];
}

function defOf(schema: z.ZodType): Def {
  return schema.def;
}

/** True for schemas made by `secret()`. */
export function isSecret(schema: z.ZodType): boolean {
  if ((schema.meta() as { secret?: boolean } | undefined)?.secret === true) return true;
  const { innerType } = defOf(schema);
  return innerType !== undefined && isSecret(innerType);
}

/** The schema below defaults, optionals and transformations. */
export function core(schema: z.ZodType): z.ZodType {
  const def = defOf(schema);
  const inner = def.innerType ?? def.in;
  return inner === undefined ? schema : core(inner);
}

/** The type word of a schema's core: `object`, `record`, `array`, `number`, `union`, ... */
export function typeOf(schema: z.ZodType): string {
  return defOf(core(schema)).type;
}

/** The element schema of an array. */
export function elementOf(schema: z.ZodType): z.ZodType | undefined {
  return defOf(core(schema)).element;
}

/**
 * The schemas that a key of an object, record or (discriminated) union may have. A union lists all
 * its members' fields: which member applies is decided when the whole is parsed.
 */
export function childrenOf(schema: z.ZodType, given: unknown): Map<string, z.ZodType> {
  const def = defOf(core(schema));
  if (def.type === 'object') return new Map(Object.entries(def.shape ?? {}));
  if (def.type === 'union') {
    const children = new Map<string, z.ZodType>();
    for (const option of def.options ?? []) {
      for (const [key, child] of childrenOf(option, given)) children.set(key, child);
    }
    return children;
  }
  if (def.type === 'record' && def.valueType !== undefined) {
    const keys = typeof given === 'object' && given !== null ? Object.keys(given) : [];
    const { valueType } = def;
    return new Map(keys.map((key) => [key, valueType]));
  }
  return new Map();
}
