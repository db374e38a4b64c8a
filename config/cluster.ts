import { z } from 'zod';

/** `cluster:` — several ClickHouse servers as one store; see docs/operate.md. */
export const clusterSchema = z
  .strictObject({
    /** As the servers' `remote_servers` call it. */
    name: z.string().regex(/^[a-z_][a-z0-9_-]*$/i, 'expected a plain name'),
    /** Replicated tables, made on all servers at once; both need Keeper. */
    replicated: z.boolean().default(true),
    /** Without Keeper: the HTTP address of every server, each of which is then told by itself. */
    nodes: z.array(z.url({ protocol: /^https?$/ })).default([]),
  })
  .refine(({ replicated, nodes }) => replicated || nodes.length > 0, {
    path: ['nodes'],
    message: 'expected every server, where they are not replicated',
  });

export type ClusterConfig = z.infer<typeof clusterSchema>;
