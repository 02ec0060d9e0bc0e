/** Lets a process run TypeScript from source: `node --import <this file> module.ts`. */
import { register } from 'node:module';

register('../jest/typescript-hooks.mjs', import.meta.url);
