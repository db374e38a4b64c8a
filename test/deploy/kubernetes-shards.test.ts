import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StatefulSet } from 'kubernetes-models/apps/v1';
import { parse } from 'yaml';
import { expect, it } from 'vitest';
import { parseShard } from '../../config/shard.ts';
import { ROOT } from './compose-file.ts';

const FOLDER = join(ROOT, 'deploy/kubernetes-shards');

interface Operation {
  op: 'add' | 'remove' | 'replace';
  path: string;
  value?: unknown;
}

interface Overlay {
  resources: string[];
  patches: { target: { kind: string; name: string }; options: object; patch: string }[];
}

interface Detectors {
  kind: string;
  metadata: { name: string };
  spec: {
    replicas: number;
    ordinals: { start: number };
    template: {
      spec: { containers: { env: { name: string; value?: string; valueFrom?: object }[] }[] };
    };
  };
}

/** A JSON patch (RFC 6902), of which these three operations are used. */
function patched(document: unknown, operations: readonly Operation[]): unknown {
  const result = structuredClone(document);
  for (const { op, path, value } of operations) {
    const keys = path.slice(1).split('/');
    const last = keys.pop() ?? '';
    const parent = keys.reduce<unknown>((at, key) => Reflect.get(at as object, key), result);
    if (Array.isArray(parent) && op === 'add') parent.splice(Number(last), 0, value);
    else if (op === 'remove') Reflect.deleteProperty(parent as object, last);
    else Reflect.set(parent as object, last, value);
    // What is replaced or removed must be there.
    if (op !== 'add') {
      const before = keys.reduce<unknown>((at, key) => Reflect.get(at as object, key), document);
      expect(Object.keys(before as object), path).toContain(last);
    }
  }
  return result;
}

const read = (file: string): unknown => parse(readFileSync(file, 'utf8'));

it('deploy/kubernetes-shards makes of the detector as many as share the tokens', () => {
  const overlay = read(join(FOLDER, 'kustomization.yaml')) as Overlay;
  const [base, ...others] = overlay.resources;
  expect([base, others]).toEqual(['../kubernetes', []]);
  const [change, ...more] = overlay.patches;
  expect(more).toEqual([]);
  const detector = read(join(FOLDER, base ?? '', 'detector.yaml')) as Detectors;
  expect(change?.target).toEqual({ kind: detector.kind, name: detector.metadata.name });
  expect(change?.options).toEqual({ allowKindChange: true });
  const made = patched(detector, parse(change?.patch ?? '') as Operation[]) as Detectors;
  new StatefulSet(made as never).validate();
  const wrong = { ...made, spec: { ...made.spec, ordinals: { start: 'one' } } };
  expect(() => new StatefulSet(wrong as never).validate()).toThrow();
  // Of a Deployment: it would be refused.
  expect(made.spec).not.toHaveProperty('strategy');
  // $(POD_INDEX) is put in only where it is named before.
  const [index, shard] = made.spec.template.spec.containers[0]?.env ?? [];
  expect(index).toEqual({
    name: 'POD_INDEX',
    valueFrom: { fieldRef: { fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']" } },
  });
  expect(shard?.name).toBe('TOKENWATCH_DETECTOR_SHARD');
  const { ordinals, replicas } = made.spec;
  const shards = Array.from({ length: replicas }, (_, i) =>
    parseShard((shard?.value ?? '').replace('$(POD_INDEX)', String(ordinals.start + i))),
  );
  expect(shards).toEqual(
    Array.from({ length: replicas }, (_, i) => ({ index: i + 1, count: replicas })),
  );
  expect(replicas).toBeGreaterThan(1);
});
