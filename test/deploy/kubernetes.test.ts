import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Job } from 'kubernetes-models/batch/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Namespace, Service, ServiceAccount } from 'kubernetes-models/v1';
import { parse, parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import { environmentFile } from '../../config/environment-file.ts';
import { loadConfig } from '../../config/load.ts';
import { ROOT, parseEnvironment } from './compose-file.ts';

const FOLDER = join(ROOT, 'deploy/kubernetes');
const KINDS: Record<string, new (data: never) => { validate(): void }> = {
  ...{ StatefulSet, Deployment, HorizontalPodAutoscaler, Job, NetworkPolicy },
  ...{ PodDisruptionBudget, Namespace, Service, ServiceAccount },
};

interface Container {
  name: string;
  args: string[];
  env: { name: string; value?: string; valueFrom?: { secretKeyRef: { key: string } } }[];
  ports?: { name: string; containerPort: number }[];
  livenessProbe?: { httpGet: { port: string; path: string } };
  readinessProbe?: { httpGet: { port: string; path: string } };
  volumeMounts: { name: string; mountPath: string }[];
  resources: { limits?: object; requests?: object };
  securityContext: object;
}

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: {
    template: {
      metadata: { labels: Record<string, string> };
      spec: {
        containers: Container[];
        securityContext: object;
        volumes: { name: string }[];
      };
    };
    volumeClaimTemplates?: { metadata: { name: string } }[];
    /** A Job has none. */
    selector?: { matchLabels?: Record<string, string> } & Record<string, unknown>;
    ports?: { port: number; targetPort: string }[];
    scaleTargetRef?: { kind: string; name: string };
  };
}

const kustomization = parse(readFileSync(join(FOLDER, 'kustomization.yaml'), 'utf8')) as {
  resources: string[];
  configMapGenerator: { name: string; files: string[] }[];
};
const manifests = kustomization.resources.flatMap((file) =>
  parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8')).map(
    (document) => document.toJS() as Manifest,
  ),
);
const named = manifests.map((one) => [`${one.kind} ${one.metadata.name}`, one] as const);
const workloads = named.filter(([, { kind }]) => /^(Deployment|StatefulSet|Job)$/.test(kind));
const ofKind = (kind: string): Manifest[] => manifests.filter((one) => one.kind === kind);

describe('deploy/kubernetes', () => {
  it.each(named)('%s is what the published schema says', (_name, manifest) => {
    const Kind = KINDS[manifest.kind];
    if (Kind === undefined) throw new Error(`no schema for ${manifest.kind}`);
    new Kind(manifest as never).validate();
    const wrong = { ...manifest, metadata: { name: 7 } };
    expect(() => new Kind(wrong as never).validate()).toThrow();
  });

  it.each(workloads)('%s runs as nobody special on a read-only root', (_name, { spec }) => {
    const { template } = spec;
    expect(template.spec.securityContext).toMatchObject({
      ...{ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    const volumes = [
      ...template.spec.volumes.map(({ name }) => name),
      ...(spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name),
    ];
    for (const container of template.spec.containers) {
      expect(container.securityContext).toEqual({
        ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
        capabilities: { drop: ['ALL'] },
      });
      expect(container.resources).toMatchObject({
        requests: { cpu: expect.anything(), memory: expect.anything() },
        limits: { memory: expect.anything() },
      });
      expect(container.volumeMounts.map(({ name }) => name).sort()).toEqual(volumes.sort());
    }
    for (const [key, value] of Object.entries(spec.selector?.matchLabels ?? {}))
      expect(template.metadata.labels[key]).toBe(value);
  });

  it.each(workloads)('%s is configured by names that there are', (name, { spec }) => {
    const secrets = parseEnvironment(environmentFile());
    for (const { args, env, ports = [], ...container } of spec.template.spec.containers) {
      const given: Record<string, string> = {};
      for (const { name: variable, value, valueFrom } of env) {
        const key = valueFrom?.secretKeyRef.key;
        if (key !== undefined) expect(Object.keys(secrets)).toContain(key);
        if (variable !== 'TOKENWATCH_CONFIG')
          given[variable] = key === undefined ? (value ?? '') : (secrets[key] ?? '');
      }
      const file = join(FOLDER, 'tokenwatch.yaml');
      const { config } = loadConfig({ cwd: '/nowhere', file, env: given });
      expect(container.volumeMounts).toContainEqual(
        expect.objectContaining({ name: 'data', mountPath: config.data_dir }),
      );
      const known: Record<string, number | undefined> = {
        'otlp-http': config.collector.http_port,
        'otlp-grpc': config.collector.grpc_port,
        http: config.console.port,
        health: config.telemetry.port,
      };
      for (const port of ports) expect(port.containerPort, port.name).toBe(known[port.name]);
      for (const probe of [container.livenessProbe, container.readinessProbe]) {
        if (args[0] === 'migrate') expect(probe).toBeUndefined();
        else expect(ports.map((port) => port.name)).toContain(probe?.httpGet.port);
      }
      expect(name.split(' ')[1]).toBe(args[0]);
    }
  });

  it('budgets, scaling and services are about pods that there are', () => {
    const labels = workloads.map(([, { spec }]) => spec.template.metadata.labels);
    const selects = (selector: Record<string, unknown>): boolean =>
      labels.some((have) => Object.entries(selector).every(([key, value]) => have[key] === value));
    for (const { spec } of ofKind('Service')) {
      expect(selects(spec.selector ?? { none: 1 })).toBe(true);
      const ports = workloads.flatMap(([, { spec: of }]) =>
        of.template.spec.containers.flatMap((container) => container.ports ?? []),
      );
      for (const { port, targetPort } of spec.ports ?? [])
        expect(ports).toContainEqual({ name: targetPort, containerPort: port });
    }
    const budgets = ofKind('PodDisruptionBudget');
    expect(budgets.map(({ metadata }) => metadata.name)).toEqual([
      ...['collector', 'alerting', 'console'],
    ]);
    for (const { spec } of budgets)
      expect(selects(spec.selector?.matchLabels ?? { none: 1 })).toBe(true);
    const [scaler] = ofKind('HorizontalPodAutoscaler');
    const { kind, name } = scaler?.spec.scaleTargetRef ?? { kind: '', name: '' };
    expect(named.map(([of]) => of)).toContain(`${kind} ${name}`);
    const policies = ofKind('NetworkPolicy').map(({ metadata }) => metadata.name);
    expect(policies[0]).toBe('default-deny');
  });
});
