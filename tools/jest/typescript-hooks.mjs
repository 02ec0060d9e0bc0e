import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { compiled } from './compile.mjs';

/**
 * Loads TypeScript in threads that tests start, which jest's own transform does not reach: packages resolve to their
 * sources, './x.js' names './x.ts', and types are stripped without being checked. Register it in the thread's file.
 */
export async function resolve(specifier, context, next) {
  if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts')) {
    return next(specifier.replace(/\.js$/, '.ts'), context);
  }
  return next(specifier, { ...context, conditions: [...context.conditions, '@attune/source'] });
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const fileName = fileURLToPath(url);
  return {
    format: 'module',
    shortCircuit: true,
    source: await compiled(fileName, await readFile(fileName, 'utf8')),
  };
}
