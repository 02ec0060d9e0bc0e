import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { wordsOf } from '../.vitepress/theme/words.js';
import { declarationsFile, staged } from './places.js';

/** A heading as VitePress writes it, with its level, its text and its anchor. */
const HEADING = /<h(\d)[^>]*>(.*?)<a class="header-anchor" href="#([^"]*)"[^>]*>.*?<\/a><\/h\1>/gs;

const CODES = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' };
const textOf = (html) =>
  html
    .replace(/<style[\s\S]*?<\/style>|<button[\s\S]*?<\/button>|<span class="lang">.*?<\/span>/g, '')
    .replace(/<[^>]*>/g, '')
    .replace(/&(#?\w+);/g, (all, code) => CODES[code] ?? all);

/** Sections of a page for the search, a heading each; on the page of the API, the declarations of every package. */
export function* splitPage(file, html) {
  if (relative(staged, file) === 'api/index.md') return yield* declarations();
  const headings = [...html.matchAll(HEADING)];
  const above = [];
  for (const [i, { 0: heading, 1: level, 2: title, 3: anchor, index }] of headings.entries()) {
    const depth = Number(level) - 1;
    above.length = Math.min(above.length, depth);
    above[depth] = title.replace(/<[^>]*>/g, '').trim();
    const text = textOf(`${title} ${html.slice(index + heading.length, headings[i + 1]?.index)}`);
    // The dialog shows titles as HTML; their words are looked for in the text.
    yield {
      anchor: depth === 0 ? '' : anchor,
      titles: above.filter((each) => each !== undefined),
      text: wordsOf(text).join(' '),
    };
  }
}

/** Names of the API, with the first sentence of what they are. The dialog makes an address of the anchor. */
function* declarations() {
  yield { anchor: '', titles: ['API'], text: '' };
  for (const { name, module, kind, url, summary } of JSON.parse(readFileSync(declarationsFile, 'utf8'))) {
    if (kind === 'Module' && module !== undefined) continue;
    const [sentence] = summary.split(/(?<=\.)\s/);
    yield { anchor: url, titles: [module ?? 'API', name], text: sentence };
  }
}
