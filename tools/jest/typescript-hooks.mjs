import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/**
 * Loads TypeScript in threads that tests start, which jest's own transform does not reach: packages resolve to their
 * sources, './x.js' names './x.ts', and types are stripped without being checked. Register it in the thread's file.
 *
 * What was compiled is kept, since every thread starts over and the compiler alone takes longer to load than all of it.
 */
const cache = fileURLToPath(new URL('../../.tmp/typescript-hooks/', import.meta.url));

export async function resolve(specifier, context, next) {
  if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts')) {
    return next(specifier.replace(/\.js$/, '.ts'), context);
  }
  return next(specifier, { ...context, conditions: [...context.conditions, '@attune/source'] });
}

async function compile(fileName, text) {
  const { default: ts } = await import('typescript');
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2022,
    inlineSourceMap: true,
  };
  return ts.transpileModule(text, { compilerOptions, fileName }).outputText;
}

async function compiled(fileName) {
  const text = await readFile(fileName, 'utf8');
  const file = `${cache}${createHash('sha256').update(`${fileName}\0${text}`).digest('hex')}.js`;
  try {
    return await readFile(file, 'utf8');
  } catch {
    const output = await compile(fileName, text);
    await mkdir(cache, { recursive: true });
    // Under another name first, so that a thread beside this one never reads half a file.
    const unfinished = `${file}.${process.pid}.${performance.now()}`;
    await writeFile(unfinished, output);
    await rename(unfinished, file);
    return output;
  }
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  return { format: 'module', shortCircuit: true, source: await compiled(fileURLToPath(url)) };
}
