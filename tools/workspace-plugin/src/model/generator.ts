import { fileURLToPath } from 'node:url';
import { formatFiles, generateFiles, logger, type Tree } from '@nx/devkit';
import { expectNew, insertSorted } from '../edit.js';
import { namesOf } from '../names.js';

/** Options of {@link modelGenerator}. */
export interface ModelGeneratorOptions {
  readonly name: string;
}

const templates = fileURLToPath(new URL('../../files/model', import.meta.url));

/** Adds a small decoder to packages/nn, which trains and generates as it is, and exports it. */
export async function modelGenerator(tree: Tree, options: ModelGeneratorOptions): Promise<() => void> {
  const names = namesOf(options.name);
  const { kebab, camel, pascal } = names;
  const root = `packages/nn/src/models/${kebab}`;
  expectNew(tree, `${root}/model.ts`);

  generateFiles(tree, templates, root, { ...names });
  const index = 'packages/nn/src/index.ts';
  const config = `${camel}Config, type ${pascal}Config, type ${pascal}Options`;
  insertSorted(tree, index, 'export', `export { ${config} } from './models/${kebab}/config.js';`);
  insertSorted(
    tree,
    index,
    'export',
    `export { ${camel}, ${pascal}Model } from './models/${kebab}/model.js';`,
  );
  await formatFiles(tree);

  return () => logger.info(`\nNext: npm run jest -- packages/nn, then ${root}/model.ts: make it yours.`);
}
