import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Folders of guides, by the languages that they are written in. */
const GUIDES = ['docs/guide', 'docs/zh/guide'];

/** The pages whose code is run, by their paths in the repository: the README first, which leaves a model behind. */
export function runnablePages(root) {
  const guides = GUIDES.filter((folder) => existsSync(join(root, folder)));
  return [
    'README.md',
    ...guides.flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((name) => name.endsWith('.md'))
        .sort()
        .map((name) => `${folder}/${name}`),
    ),
  ];
}

/** Pages in Chinese with the English page that each is of. */
export function translations(root) {
  return runnablePages(root)
    .filter((page) => page.startsWith('docs/zh/'))
    .map((page) => ({ page, original: page.replace('docs/zh/', 'docs/') }));
}
