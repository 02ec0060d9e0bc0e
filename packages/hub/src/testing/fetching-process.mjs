/** Fetches a model from the sources, in a process of its own that a test may end. */
import { register } from 'node:module';

register('../../../../tools/jest/typescript-hooks.mjs', import.meta.url);
const { resolveModel } = await import('../resolve-model.ts');
const { path } = await resolveModel('org/tiny', { ...JSON.parse(process.argv[2]), env: {} });
process.stdout.write(path);
