# tokenwatch without the embedded engine: bring a ClickHouse server (docker-compose.yml has one).
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# The image's own Node is current: neither the pinned one nor the embedded engine is needed.
RUN npm install --no-save --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
# The bundler's binary is one of those optional packages; it is needed here and not afterwards.
RUN npm install --no-audit --no-fund --prefix /bundler "esbuild@$(node -p "require('./package.json').dependencies.esbuild")"
COPY tsconfig.json ./
COPY model ./model
COPY config ./config
COPY store ./store
COPY console ./console
RUN ESBUILD_BINARY_PATH=/bundler/node_modules/esbuild/bin/esbuild node -e "import('./console/bundle.ts').then(({ bundle }) => bundle())"

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
RUN install -d -o node -g node -m 0700 /var/lib/tokenwatch
COPY --from=build /app/node_modules ./node_modules
COPY package.json tsconfig.json ./
COPY model ./model
COPY config ./config
COPY store ./store
COPY collector ./collector
COPY detector ./detector
COPY alerting ./alerting
COPY console ./console
COPY --from=build /app/console/web-dist ./console/web-dist
COPY cli ./cli
COPY rules ./rules
USER node
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "cli/main.ts"]
CMD ["--help"]
