import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** A workspace in memory with these files as they are in the repository: what generators edit has to fit them. Nothing is formatted. */
export function repositoryWith(files: readonly string[]): Tree {
  const tree = createTreeWithEmptyWorkspace({ formatter: 'none' });
  for (const file of files) tree.write(file, readFileSync(`${root}${file}`, 'utf8'));
  return tree;
}

/** A file's text, without line breaks and indentation. */
export function textOf(tree: Tree, file: string): string {
  return tree.read(file, 'utf8')!.replace(/\s+/g, ' ');
}

/** The modules that lines of a file import or export, in their order. */
export function modulesOf(tree: Tree, file: string): string[] {
  return [...tree.read(file, 'utf8')!.matchAll(/ from '(\.[^']+)';/g)].map(([, module]) => module!);
}
