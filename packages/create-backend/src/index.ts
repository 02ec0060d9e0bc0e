/**
 * The plugin that `npm create @attune/backend` writes: a backend that passes the conformance kit.
 *
 * @packageDocumentation
 */
export { fromRegistry, fromTarballs } from './attune-packages.js';
export { main, type Terminal } from './main.js';
export { camelOf, pluginNames, type PluginNames } from './names.js';
export {
  pluginFiles,
  workspaceBackendFiles,
  type AttunePackages,
  type Platform,
  type PluginOptions,
  type WorkspaceBackendOptions,
} from './plugin-files.js';
export { testRunners, type RunnerFiles, type TestRunnerName } from './runners.js';
export type { Values } from './templates.js';
export { writePlugin } from './write-plugin.js';
