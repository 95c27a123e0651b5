// Nest 12 and some of what it pulls in are ESM only; Jest runs CommonJS, so SWC turns those packages too (ADR 0002).
const ESM_ONLY =
  '@nestjs|file-type|strtok3|token-types|uint8array-extras|@borewit|@tokenizer|cookie|typebox|re2js|uuid';
// CommonJS, but it loads node:http with `import()`, which Jest's sandbox refuses.
const IMPORTS_LATE = '@opentelemetry/otlp-exporter-base';

/** Files that need Postgres or NATS say so in their name; the rest is pure and must stay fast. */
export const NEEDS_SERVERS = '\\.(db|bus|projection|reaction|api)\\.spec\\.ts$';

export const preset = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  transform: { '^.+\\.[mc]?[tj]s$': '@swc/jest' },
  transformIgnorePatterns: [`node_modules/(?!(${ESM_ONLY}|${IMPORTS_LATE})/)`],
  moduleNameMapper: {
    '^@ganglion/(accounting|appservice|auth|gateway|moderation|rooms)$': '<rootDir>/apps/$1/src/index.ts',
    '^@ganglion/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/.ganglion/'],
};
