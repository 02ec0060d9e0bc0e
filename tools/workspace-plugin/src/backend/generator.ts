import { fileURLToPath } from 'node:url';
import {
  formatFiles,
  generateFiles,
  installPackagesTask,
  logger,
  readJson,
  updateJson,
  type Tree,
} from '@nx/devkit';
import { expectNew, insertAfter } from '../edit.js';
import { namesOf } from '../names.js';

/** Options of {@link backendGenerator}; `schema.json` says what they mean. */
export interface BackendGeneratorOptions {
  readonly name: string;
  readonly platform?: 'any' | 'node';
}

const templates = fileURLToPath(new URL('../../files/backend', import.meta.url));

/** Adds a package whose engine computes node by node, with the reference rules: complete, and slow. */
export async function backendGenerator(tree: Tree, options: BackendGeneratorOptions): Promise<() => void> {
  const { platform = 'any' } = options;
  const names = namesOf(options.name.replace(/^backend-/, ''));
  const root = `packages/backend-${names.kebab}`;
  expectNew(tree, `${root}/package.json`);
  const { version } = readJson<{ version: string }>(tree, 'packages/core/package.json');

  generateFiles(tree, templates, root, { ...names, version, platform });
  updateJson<{ references: { path: string }[] }>(tree, 'tsconfig.json', (config) => ({
    ...config,
    references: [...config.references, { path: `./${root}` }],
  }));
  if (platform === 'any') {
    insertAfter(
      tree,
      'eslint.config.js',
      /^const platformAny = \[[^\]]*?backend-testkit/m,
      `,backend-${names.kebab}`,
    );
  }
  await formatFiles(tree);

  return () => {
    installPackagesTask(tree, true);
    logger.info(`\nNext: npm run jest -- ${root}, then ${root}/README.md, which says what to replace.`);
  };
}
