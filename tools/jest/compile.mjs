import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { bindGlobals } from './bind-globals.mjs';

/**
 * Compiles TypeScript for tests, file by file: types are stripped and not checked (`npm run typecheck` does that). What was
 * compiled is kept in one place for all projects and threads, by its content: jest keeps it for each project by itself, and
 * would compile core once for every package that stands on it.
 */
const cache = fileURLToPath(new URL('../../.tmp/compiled-for-tests/', import.meta.url));

async function compile(fileName, text) {
  const { default: ts } = await import('typescript');
  const { outputText, diagnostics } = ts.transpileModule(text, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2022,
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
    },
    reportDiagnostics: true,
    fileName,
  });
  if (diagnostics.length > 0) {
    const host = {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => process.cwd(),
      getNewLine: () => '\n',
    };
    throw new SyntaxError(ts.formatDiagnostics(diagnostics, host));
  }
  return bindGlobals(ts, ts.createSourceFile(fileName, text, ts.ScriptTarget.ES2022)) + outputText;
}

/** With another compiler, or after a change to these files, everything is compiled anew. */
const maker = [
  createRequire(import.meta.url)('typescript/package.json').version,
  await readFile(new URL('compile.mjs', import.meta.url), 'utf8'),
  await readFile(new URL('bind-globals.mjs', import.meta.url), 'utf8'),
];

/** The name of what a file compiles to. */
export const keyOf = (fileName, text) =>
  createHash('sha256')
    .update([...maker, fileName, text].join('\0'))
    .digest('hex');

/** The JavaScript of a TypeScript file, with its source map in the last line. */
export async function compiled(fileName, text) {
  const file = `${cache}${keyOf(fileName, text)}.js`;
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
