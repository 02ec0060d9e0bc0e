import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';

/** Attributes of a page that name another file. */
const REFERENCE = /\s(?:href|src)="([^"]*)"/g;
const ANCHOR = /\s(?:id|name)="([^"]+)"/g;

const decode = (text) => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");

/**
 * Returns what leads nowhere in a built site: links to a file, or to an anchor, that does not exist.
 *
 * @param folder the site.
 * @param base the path under which it is to be served, `/` or `/folder/`.
 */
export function brokenLinks(folder, base) {
  const pages = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.html'));
  const anchors = new Map();
  const anchorsOf = (page) => {
    if (!anchors.has(page)) {
      const html = readFileSync(join(folder, page), 'utf8');
      anchors.set(page, new Set([...html.matchAll(ANCHOR)].map(([, id]) => decode(id))));
    }
    return anchors.get(page);
  };

  const broken = [];
  for (const page of pages) {
    const html = readFileSync(join(folder, page), 'utf8');
    const references = new Set([...html.matchAll(REFERENCE)].map(([, reference]) => decode(reference)));
    for (const reference of references) {
      const problem = problemOf(reference, page);
      if (problem !== undefined) broken.push(`${page}: ${reference}: ${problem}`);
    }
  }
  return broken;

  function problemOf(reference, page) {
    if (/^[a-z][a-z+.-]*:/i.test(reference)) return undefined;
    const [, path, fragment] = /^([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/.exec(reference);
    if (path.startsWith('/') && !path.startsWith(base)) return `is not under ${base}`;
    let file =
      path === ''
        ? page
        : posix.join(
            path.startsWith('/') ? '' : posix.dirname(page),
            decodeURI(path.startsWith('/') ? path.slice(base.length) : path),
          );
    if (path !== '' && (file === '.' || /\/$/.test(path) || file === ''))
      file = posix.join(file, 'index.html');
    if (!existsSync(join(folder, file))) return 'there is no such file';
    if (!fragment || !file.endsWith('.html')) return undefined;
    return anchorsOf(file).has(decodeURIComponent(fragment)) || anchorsOf(file).has(fragment)
      ? undefined
      : 'there is no such anchor';
  }
}
