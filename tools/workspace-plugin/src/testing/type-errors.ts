import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tree } from '@nx/devkit';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** The compiler's errors about files of a tree, among the repository's as they are. */
export function typeErrors(tree: Tree, project: string, files: readonly string[]): string[] {
  const config = join(root, project, 'tsconfig.lib.json');
  const parsed = ts.getParsedCommandLineOfConfigFile(
    config,
    { noEmit: true, composite: false, incremental: false, tsBuildInfoFile: undefined },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  )!;
  const host = ts.createCompilerHost(parsed.options);
  const texts = new Map(files.map((file) => [join(root, file), tree.read(file, 'utf8')!]));
  const folders = new Set([...texts.keys()].map((file) => dirname(file)));
  const onDisk = { ...host };
  host.readFile = (file) => texts.get(file) ?? onDisk.readFile(file);
  host.fileExists = (file) => texts.has(file) || onDisk.fileExists(file);
  host.directoryExists = (folder) => folders.has(folder) || onDisk.directoryExists!(folder);
  host.getSourceFile = (file, options) => {
    const text = host.readFile(file);
    return text === undefined ? undefined : ts.createSourceFile(file, text, options);
  };
  const program = ts.createProgram([...texts.keys()], parsed.options, host);
  return [...texts.keys()].flatMap((file) => {
    const diagnostics = program.getSemanticDiagnostics(program.getSourceFile(file));
    return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  });
}
