# One image for every service; the command says which one a container runs (docker-compose.yml).
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY apps ./apps
COPY libs ./libs
COPY tsconfig.json tsconfig.base.json ./
RUN npm ci --include=dev && npx tsc -b && npm prune --omit=dev

FROM node:20-bookworm-slim
ENV NODE_ENV=production GANGLION_DATA_DIR=/data MALLOC_ARENA_MAX=2
WORKDIR /app
COPY --from=build --chown=node:node /app /app
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8008
ENTRYPOINT ["node", "--enable-source-maps", "--max-semi-space-size=8"]
CMD ["apps/gateway/dist/main.js"]
