import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Assets } from './bundle.ts';
import { newNonce, pagePolicy } from './security-headers.ts';

/** Paths of the page; which of them is shown is decided in the browser. */
export const PAGE_PATHS = [
  '/',
  '/login',
  '/incidents',
  '/incidents/:id',
  '/tokens',
  '/tokens/:hash',
  '/clients',
  '/clients/:id',
  '/detections',
  '/detections/:id',
  '/silences',
  '/quieted',
  '/deliveries',
  '/endpoints',
  '/audit',
  '/pipeline',
  '/settings',
];

/** The page before its script runs; every name in it is ours, nothing comes from a request. */
function html(assets: Assets, nonce: string): string {
  const preload = assets.preload
    .map((name) => `<link rel="modulepreload" href="/assets/${name}">`)
    .join('\n    ');
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>tokenwatch</title>
    <link rel="icon" href="/favicon.svg" type="image/svg+xml">
    <link rel="preload" href="/assets/${assets.font}" as="font" type="font/woff2" crossorigin>
    <link rel="stylesheet" href="/assets/${assets.style}">
    <script src="/assets/${assets.schemeScript}"></script>
    ${preload}
    <script type="module" src="/assets/${assets.script}" nonce="${nonce}" id="tokenwatch"></script>
  </head>
  <body>
    <div id="root"></div>
    <noscript>This page needs JavaScript. The API works without: see /api/openapi.json.</noscript>
  </body>
</html>
`;
}

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#3b5bdb"/><circle cx="16" cy="16" r="8.5" fill="none" stroke="#fff" stroke-width="2.4"/><path d="M10.5 17.2h2.6l1.7-4.6 2.4 7.2 1.7-2.6h2.6" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

/** Serves the page and its files. */
export function addPages(app: FastifyInstance, assets: Assets): void {
  void app.register(fastifyStatic, {
    root: assets.folder,
    prefix: '/assets/',
    preCompressed: true,
    // Names carry a hash of the content.
    immutable: true,
    maxAge: '365d',
    index: false,
    dotfiles: 'deny',
  });
  const page = async (_request: unknown, reply: FastifyReply): Promise<FastifyReply> => {
    const nonce = newNonce();
    return reply
      .header('content-security-policy', pagePolicy(nonce))
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(html(assets, nonce));
  };
  for (const path of PAGE_PATHS) app.get(path, page);
  app.get('/favicon.svg', async (_request, reply) =>
    reply.header('cache-control', 'max-age=86400').type('image/svg+xml').send(ICON),
  );
}
