import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * The modules of a page's `ts` blocks: all of them together, and each that is marked `program` by itself. Lines are those of
 * the page. A block that is skipped is checked, and left out of what runs.
 */
export function modulesOf(blocks) {
  const modules = [];
  let page;
  for (const block of blocks.filter(({ language }) => language === 'ts')) {
    if (block.marks.includes('program')) modules.push({ blocks: [block] });
    else if (page) page.blocks.push(block);
    else modules.push((page = { blocks: [block] }));
  }
  return modules.map(({ blocks: own }) => ({
    first: own[0],
    last: own.at(-1),
    source: linesOf(own),
    runs: linesOf(own.filter(({ marks }) => !marks.includes('skip'))),
  }));
}

function linesOf(blocks) {
  const lines = [];
  for (const { line, code } of blocks) {
    code.split('\n').forEach((text, at) => (lines[line + at] = text));
  }
  return Array.from(lines, (text) => text ?? '').join('\n');
}

/**
 * Checks modules of all pages at once, as strictly as the packages are and against what they were built to, and writes each as
 * JavaScript beside it.
 *
 * @param modules each with the path that it gets, without an extension.
 * @returns what is wrong, by path.
 */
export function compile(modules, root) {
  const ts = createRequire(join(root, 'package.json'))('typescript');
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const checked = {
    ...options,
    noEmit: true,
    composite: false,
    incremental: false,
    // A page may show what a call returns, and leave it at that.
    noUnusedLocals: false,
    types: ['node'],
    lib: [...(options.lib ?? []), 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
    moduleDetection: ts.ModuleDetectionKind.Force,
    customConditions: [],
  };
  for (const { path, source, runs } of modules) {
    writeFileSync(`${path}.mts`, source);
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    writeFileSync(`${path}.mjs`, ts.transpileModule(runs, { compilerOptions }).outputText);
  }
  const program = ts.createProgram(
    modules.map(({ path }) => `${path}.mts`),
    checked,
  );
  const faults = new Map();
  for (const { file, start = 0, messageText } of ts.getPreEmitDiagnostics(program)) {
    const path = file?.fileName.replace(/\.mts$/, '') ?? '';
    const line = file ? file.getLineAndCharacterOfPosition(start).line : 0;
    const text = `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    faults.set(path, [...(faults.get(path) ?? []), text]);
  }
  return faults;
}
