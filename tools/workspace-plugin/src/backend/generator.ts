import { workspaceBackendFiles } from '@attune/create-backend';
import { formatFiles, installPackagesTask, logger, readJson, updateJson, type Tree } from '@nx/devkit';
import { expectNew, insertAfter } from '../edit.js';
import { namesOf } from '../names.js';

/** Options of {@link backendGenerator}; `schema.json` says what they mean. */
export interface BackendGeneratorOptions {
  readonly name: string;
  readonly platform?: 'any' | 'node';
}

/**
 * Adds a package whose engine computes node by node, with the reference rules: complete, and slow. Its files are those that
 * `npm create @attune/backend` writes, but for what the workspace has already.
 */
export async function backendGenerator(tree: Tree, options: BackendGeneratorOptions): Promise<() => void> {
  const { platform = 'any' } = options;
  const names = namesOf(options.name.replace(/^backend-/, ''));
  const root = `packages/backend-${names.kebab}`;
  expectNew(tree, `${root}/package.json`);
  const { version } = readJson<{ version: string }>(tree, 'packages/core/package.json');

  for (const [path, text] of workspaceBackendFiles({ names, platform, version })) {
    tree.write(`${root}/${path}`, text);
  }
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
