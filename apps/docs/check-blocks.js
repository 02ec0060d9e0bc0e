/**
 * Checks the code in the documentation's pages: `node check-blocks.js`. The TypeScript blocks of a page, pasted one after
 * the other, are a module, which has to compile against the packages' sources: a name that no block of the page defines,
 * one that two define, an export that is gone, an option that has another name are errors. A block after the comment
 * `<!-- block: program -->` is a module of its own. JavaScript, JSON and YAML have to parse.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = createRequire(join(root, 'apps/cli/package.json'));
const { parseAllDocuments } = cli('yaml');

const markdown = (folder, recursive = false) =>
  readdirSync(join(root, folder), { recursive })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(root, folder, file));
const apps = readdirSync(join(root, 'apps')).map((app) => `apps/${app}`);
const pages = [
  ...['.', ...apps].flatMap((folder) => markdown(folder)),
  ...['docs', 'apps/docs/pages'].flatMap((folder) => markdown(folder, true)),
];

const faults = [];
const fault = (page, line, message) => faults.push(`${relative(root, page)}:${line}: ${message}`);

/** The blocks in fences of a page, with the line of their first line, from 0. */
function blocksOf(text) {
  const blocks = [];
  let open;
  let isProgram = false;
  text.split('\n').forEach((line, at) => {
    const [, fence, language] = /^\s*(```+)\s*(\S*)/.exec(line) ?? [];
    if (open) {
      if (line.trim() !== open.fence) return void open.lines.push(line);
      blocks.push(open);
      open = undefined;
    } else if (fence) open = { language, fence, begin: at + 1, lines: [], isProgram };
    if (line.trim() !== '') isProgram = line === '<!-- block: program -->';
  });
  return blocks;
}

/** Modules by the name of a file that is not there, beside the page, so that packages are found from it. */
const modules = new Map();

for (const page of pages) {
  const text = readFileSync(page, 'utf8');
  // Its lines are those of the page.
  const blank = () => text.split('\n').map(() => '');
  const module = blank();
  for (const { language, begin, lines, isProgram } of blocksOf(text)) {
    const code = lines.join('\n');
    if (language === 'ts') {
      const into = isProgram ? blank() : module;
      lines.forEach((line, i) => (into[begin + i] = line));
      if (isProgram) modules.set(`${page}.${begin}.ts`, into.join('\n'));
    } else if (language === 'js') {
      const { diagnostics } = ts.transpileModule(code, {
        reportDiagnostics: true,
        fileName: 'block.mjs',
        compilerOptions: { allowJs: true, module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
      });
      for (const { messageText } of diagnostics) fault(page, begin + 1, messageText);
    } else if (language === 'json') {
      // One value, or one on each line.
      try {
        JSON.parse(code);
      } catch {
        lines.forEach((line, i) => {
          try {
            if (line.trim() !== '') JSON.parse(line);
          } catch (error) {
            fault(page, begin + i + 1, error.message);
          }
        });
      }
    } else if (language === 'yaml') {
      for (const { errors } of parseAllDocuments(code)) {
        for (const { message } of errors) fault(page, begin + 1, message);
      }
    }
  }
  if (module.some((line) => line !== '')) modules.set(`${page}.ts`, module.join('\n'));
}

const options = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  customConditions: ['@attune/source'],
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  noEmit: true,
};
const host = ts.createCompilerHost(options);
const { fileExists, readFile, getSourceFile } = host;
host.fileExists = (name) => modules.has(name) || fileExists(name);
host.readFile = (name) => modules.get(name) ?? readFile(name);
host.getSourceFile = (name, languageVersion, ...rest) =>
  modules.has(name)
    ? ts.createSourceFile(name, modules.get(name), languageVersion)
    : getSourceFile(name, languageVersion, ...rest);

const program = ts.createProgram([...modules.keys()], options, host);
for (const name of modules.keys()) {
  const file = program.getSourceFile(name);
  for (const { start = 0, messageText } of [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ]) {
    const { line } = file.getLineAndCharacterOfPosition(start);
    fault(name.replace(/(\.\d+)?\.ts$/, ''), line + 1, ts.flattenDiagnosticMessageText(messageText, '\n'));
  }
}

if (faults.length > 0) {
  console.error(`Code in the documentation is wrong:\n${faults.join('\n')}`);
  process.exitCode = 1;
}
