/**
 * The generators of this workspace: `npx nx g @attune/workspace-plugin:op`, `:backend` and `:model`.
 *
 * @packageDocumentation
 */
export { backendGenerator, type BackendGeneratorOptions } from './backend/generator.js';
export { modelGenerator, type ModelGeneratorOptions } from './model/generator.js';
export { opGenerator, type OpGeneratorOptions } from './op/generator.js';
