import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { languageOf, resolveLinks } from './links.js';
import { allPages } from './pages.js';
import { app, root, staged } from './places.js';

/**
 * Writes the pages to the folder from which VitePress builds them: those of the repository with their links resolved, the
 * files that they link to, and the pages that are the site's own.
 *
 * @param contents from `readContents`.
 * @param declarations of the API, from `api/plugins/declarations.js`.
 */
export function stagePages(contents, declarations) {
  rmSync(staged, { recursive: true, force: true });
  const write = (page, text) => {
    const path = join(staged, page);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };

  const pages = new Map(allPages(contents).map(({ source, page }) => [source, page]));
  const shown = new Set();
  const showFile = (file) => {
    shown.add(file);
    return sourcePlace(file);
  };
  for (const [source, page] of pages) {
    const text = readFileSync(join(root, source), 'utf8');
    write(page, withOutline(resolveLinks(text, { source, root, pages, showFile })));
  }
  for (const file of shown) write(sourcePlace(file), sourcePage(file));

  for (const page of readdirSync(join(app, 'pages'), { recursive: true }).filter((each) =>
    each.endsWith('.md'),
  ))
    write(page, withInsertions(readFileSync(join(app, 'pages', page), 'utf8')));
  write('api/index.md', withOutline(apiPage(declarations)));
  cpSync(join(app, 'public'), join(staged, 'public'), { recursive: true });
}

/** A page, which has the place of the outline beside it to itself where it has no headings to list there. */
const withOutline = (text) => (/^## /m.test(text) ? text : `---\naside: false\n---\n\n${text}`);

/** Where the page that shows a file stands. VitePress takes `.md` off a link, once or twice. */
const sourcePlace = (file) => `source/${file.replace(/\.md$/, '')}.md`;

/** A page that shows a file of the repository. */
function sourcePage(file) {
  const text = readFileSync(join(root, file), 'utf8');
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `---\nsearch: false\naside: false\n---\n\n# ${file}\n\n${fence}${languageOf(file)}\n${text.trimEnd()}\n${fence}\n`;
}

/** Replaces `<!-- insert: FILE, HEADING -->` by the first block of code under that heading of that file. */
function withInsertions(text) {
  return text.replace(/^<!-- insert: (\S+), (.+) -->$/gm, (_, file, heading) => {
    const [, section] = readFileSync(join(root, file), 'utf8').split(`\n## ${heading}\n`);
    const [block] = /^```\w+\n[\s\S]*?^```$/m.exec(section ?? '') ?? [];
    if (block === undefined) throw new Error(`${file} has no block of code under "${heading}".`);
    return block;
  });
}

/** The page on which the API begins: every package, with its entry points. */
function apiPage(declarations) {
  const packages = readdirSync(join(root, 'packages'))
    .map((name) => JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')))
    .sort((a, b) => a.name.localeCompare(b.name));
  const modules = declarations.filter(({ kind }) => kind === 'Module');
  const rows = packages.flatMap(({ name, description }) => {
    const entries = modules.filter((entry) => entry.name === name || entry.name.startsWith(`${name}/`));
    const links = [...new Map(entries.map((entry) => [entry.name, entry.url]))]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([entry, url]) => `[\`${entry}\`](/api/${url})`);
    return links.length > 0 ? [`| ${links.join(' ')} | ${description} |`] : [];
  });
  return [
    '# API',
    '',
    'Every exported name of every package, from the sources.',
    '',
    '| Import | Package |',
    '| --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
