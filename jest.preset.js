import { fileURLToPath } from 'node:url';

/**
 * The settings that every project's tests share. Tests are ES modules, TypeScript is transpiled without type checks
 * (`npm run typecheck` has those), and packages resolve each other's sources, so nothing has to be built.
 */
const fromRoot = (path) => fileURLToPath(new URL(path, import.meta.url));

// Jest copies the environment for tests: native code does not see what they set. See `disableTelemetry` of backend-cpu.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

export default {
  testEnvironment: fromRoot('tools/jest/host-realm-environment.cjs'),
  testEnvironmentOptions: { customExportConditions: ['@attune/source', 'node', 'node-addons'] },
  // For what hangs: no test measures time, and a busy machine is no failure. The longest take 15 seconds where two projects share
  // two cores, and four times as long on slow ones that others use as well.
  testTimeout: 180_000,
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    // Threads are started from what is built. Templates of chats are rendered without one.
    '/start-render-worker\\.js$': fromRoot('packages/data/src/testing/render-in-process.ts'),
    // NodeNext imports name the emitted file: './x.js' is written, './x.ts' is on disk.
    '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js'],
  },
  transform: { '\\.ts$': fromRoot('tools/jest/transform.mjs') },
};
