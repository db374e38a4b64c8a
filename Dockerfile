# tokenwatch without the embedded engine: bring a ClickHouse server (docker-compose.yml has one).
FROM node:24-bookworm-slim AS install
WORKDIR /app
COPY package.json package-lock.json ./
# The image's own Node is current: neither the pinned one nor the embedded engine is needed.
RUN npm install --no-save --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=install /app/node_modules ./node_modules
COPY package.json tsconfig.json ./
COPY model ./model
COPY config ./config
COPY store ./store
COPY collector ./collector
COPY detector ./detector
COPY alerting ./alerting
COPY console ./console
COPY cli ./cli
USER node
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "cli/main.ts"]
CMD ["--help"]
