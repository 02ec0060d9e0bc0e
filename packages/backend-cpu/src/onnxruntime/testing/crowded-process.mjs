/** `crowded.ts` as a process of its own. */
import { register } from 'node:module';

register('../../../../../tools/jest/typescript-hooks.mjs', import.meta.url);
await import('./crowded.ts');
