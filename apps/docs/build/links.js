import { existsSync, statSync } from 'node:fs';
import { extname, join, posix } from 'node:path';

/** A link of Markdown, `](target` or `]: target`, with what stands around the target. */
const LINK = /(\]\(\s*<?|^\[[^\]]+\]:\s+<?)([^)\s>]+)/gm;

/** Code, which has no links: in fences, or between backticks. */
const CODE = /^(\s*)(`{3,})[\s\S]*?^\s*\2\s*$|(`+)(?!`)[^\n]*?[^`\n]\3(?!`)|`[^`\n]+`/gm;

/** Markdown with each link replaced by what `change` makes of it. */
function mapLinks(text, change) {
  let result = '';
  let end = 0;
  const changed = (part) => part.replace(LINK, (_, before, target) => before + change(target));
  for (const { 0: code, index } of text.matchAll(CODE)) {
    result += changed(text.slice(end, index)) + code;
    end = index + code.length;
  }
  return result + changed(text.slice(end));
}

/**
 * Markdown of the repository with its relative links leading to pages of the site: another page, or, for a file that is
 * none, the page that shows the file.
 *
 * @param {string} text
 * @param {{ source: string, root: string, pages: Map<string, string>, showFile: (path: string) => string }} site
 *   `pages` has paths of pages in the site by those in the repository.
 * @throws Error if a link leads nowhere.
 */
export function resolveLinks(text, { source, root, pages, showFile }) {
  return mapLinks(text, (target) => {
    if (/^([a-z][a-z+.-]*:|#|\/)/i.test(target)) return target;
    const [, path, fragment] = /^([^#]*)(#.*)?$/.exec(target);
    const file = posix.join(posix.dirname(source), decodeURI(path)).replace(/\/$/, '');
    const page = pages.get(file) ?? pages.get(`${file}/README.md`);
    if (page !== undefined) return `/${page}${fragment ?? ''}`;
    if (file.startsWith('..') || !existsSync(join(root, file)))
      throw new Error(`${source} links to ${target}, and there is no such file.`);
    if (statSync(join(root, file)).isDirectory())
      throw new Error(
        `${source} links to the folder ${file}: link to a file in it, or name it in backticks.`,
      );
    return `/${showFile(file)}`;
  });
}

/** The language of a source file, for its colours. */
export const languageOf = (file) =>
  ({ '.js': 'js', '.md': 'md', '.h': 'c' })[extname(file)] ?? extname(file).slice(1);
