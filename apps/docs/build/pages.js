import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { chinese, english, labels } from '../contents.js';
import { root } from './places.js';

/** Where a page stands in the site, for those whose path in the repository would not do. */
const PLACES = {
  'README.md': 'overview.md',
  'CONTRIBUTING.md': 'contributing.md',
  'docs/adr/README.md': 'adr/index.md',
};

/**
 * A page of the site.
 *
 * @typedef {{ source: string, page: string, label: string }} Page `source` is its path in the repository, `page` its path
 *   in the site.
 */

/** Markdown files of a folder and of those in it, by their paths in the repository. */
function markdownIn(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .sort();
}

/** The first heading of a page. @throws Error if the page begins with something else. */
function headingOf(source) {
  const [, heading] = /^(?:\s|<!--[^]*?-->)*# (.+)\n/.exec(readFileSync(join(root, source), 'utf8')) ?? [];
  if (heading === undefined) throw new Error(`${source} has to begin with a heading, '# Title'.`);
  return heading.replaceAll('`', '');
}

/** @returns {[string, Page[]][]} */
const resolve = (groups, documents) =>
  groups.map(([group, sources]) => [
    group,
    sources
      .flatMap((source) => {
        if (!source.includes('*')) return [source];
        const folder = source.slice(0, source.lastIndexOf('/'));
        return documents.filter((file) => file.startsWith(`${folder}/`) && !sources.includes(file));
      })
      .map((source) => ({
        source,
        page: PLACES[source] ?? source.replace(/^docs\//, ''),
        label: labels[source] ?? headingOf(source),
      })),
  ]);

/**
 * The groups of the sidebar in English and in Chinese.
 *
 * @throws Error if a page of `docs/` is in none.
 */
export function readContents() {
  const documents = markdownIn('docs');
  const contents = { english: resolve(english, documents), chinese: resolve(chinese, documents) };
  const listed = new Set(Object.values(contents).flatMap(sourcesOf));
  const forgotten = documents.filter((file) => !listed.has(file));
  if (forgotten.length > 0)
    throw new Error(`apps/docs/contents.js has no place for ${forgotten.join(', ')}.`);
  return contents;
}

const sourcesOf = (groups) => groups.flatMap(([, pages]) => pages.map(({ source }) => source));

/** All pages of the contents. @returns {Page[]} */
export const allPages = (contents) =>
  Object.values(contents).flatMap((groups) => groups.flatMap(([, pages]) => pages));
