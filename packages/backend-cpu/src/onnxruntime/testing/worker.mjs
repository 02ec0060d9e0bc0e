/** The worker's file from its source, for tests: nothing has to be built. */
import { register } from 'node:module';

register('../../../../../tools/jest/typescript-hooks.mjs', import.meta.url);
await import('../worker/main.ts');
