import { createHash } from 'node:crypto';
import { plural } from '@attune/core';
import { escapeMarkup } from '@attune/tracking';
import { trainedTokens, weightClass, type InspectedRow } from './inspected-row.js';
import type { ReportText } from './report.js';
import { visible } from './visible.js';

/** The contents of a page. */
export interface Page {
  readonly title: string;
  readonly report: ReportText;
  readonly rows: readonly InspectedRow[];
  /** Rows that the page leaves out. */
  readonly more: number;
}

const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e4e8ec); --paper: light-dark(#fff, #14171a);
  --faint: light-dark(#57606a, #9aa4ad); --line: light-dark(#d0d7de, #343b42); --mild: light-dark(#f6f8fa, #1c2126);
  --trained: light-dark(#b7ebc3, #14532d); --lighter: light-dark(#fff0b3, #5c4a00); --heavier: light-dark(#ecd0ff, #581c87);
  --warn: light-dark(#9a3412, #fdba74); }
body { margin: 2rem auto; max-width: 64rem; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--paper); }
h1 { font-size: 1.3rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; }
th, td { padding: 0.15rem 1rem 0.15rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--faint); font-weight: 500; }
ul.warnings { color: var(--warn); padding-left: 1.2rem; }
.legend span { display: inline-block; padding: 0 0.4rem; border-radius: 3px; margin-right: 0.5rem; }
article { margin: 1.2rem 0; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
h2 { margin: 0; padding: 0.35rem 0.8rem; font-size: 0.85rem; font-weight: 500; color: var(--faint);
  background: var(--mild); border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
pre { margin: 0; padding: 0.7rem 0.8rem; white-space: pre-wrap; overflow-wrap: anywhere;
  font: 13px/1.7 ui-monospace, monospace; }
.t { box-shadow: inset -1px 0 color-mix(in srgb, currentColor 25%, transparent); }
.untrained { color: var(--faint); }
.trained { background: var(--trained); } .lighter { background: var(--lighter); } .heavier { background: var(--heavier); }
@media (max-width: 40rem) { body { margin: 1rem auto; } th, td { display: block; padding-right: 0; } td { margin-bottom: 0.4rem; } }
`;

/** Nothing is run, loaded or sent, whatever gets into the page: only its own style, known by its hash, counts. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The beginning of every page's title. */
export const PAGE_TITLE = 'attune inspect: ';

/** True if a file that begins like this is a page of ours. */
export function isPage(head: string): boolean {
  return head.startsWith('<!doctype html>') && head.includes(`<title>${PAGE_TITLE}`);
}

/** A page that needs nothing beside itself, and is allowed nothing: no script, no request. All text of the data is escaped. */
export function htmlPage({ title, report, rows, more }: Page): string {
  const lines = report.lines.map(
    ([name, value]) => `<tr><th scope="row">${escapeMarkup(name)}</th><td>${escapeMarkup(value)}</td></tr>`,
  );
  const warnings = report.warnings.map((warning) => `<li>${escapeMarkup(warning)}</li>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width">
<title>${escapeMarkup(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeMarkup(title)}</h1>
<table>
${lines.join('\n')}
</table>
${warnings.length > 0 ? `<ul class="warnings">\n${warnings.join('\n')}\n</ul>` : ''}
<p class="legend"><span class="trained">trained</span><span class="untrained">not trained</span><span
 class="lighter">weight below 1</span><span class="heavier">weight above 1</span>
Lines part tokens: point at one to see its id and its weight. ⏎ is a line feed, · a part of a character.</p>
${rows.map(article).join('\n')}
${more > 0 ? `<p>${more} more ${more === 1 ? 'row is' : 'rows are'} not shown: see --rows.</p>` : ''}
</body>
</html>
`;
}

function article(row: InspectedRow): string {
  const { file, line, part, ids, tokens, lossMask, label } = row;
  const labelled = label === undefined ? '' : `, label ${JSON.stringify(label)}`;
  const heading = `${file}, line ${line} (${part}): ${plural(ids.length, 'token')}, ${trainedTokens(row)} trained${labelled}`;
  const spans = tokens.map((text, i) => {
    const weight = lossMask[i]!;
    const shown = text === '' ? '·' : visible(text);
    return `<span class="t ${weightClass(weight)}" title="id ${ids[i]}, weight ${weight}">${escapeMarkup(shown)}</span>`;
  });
  return `<article>\n<h2>${escapeMarkup(visible(heading))}</h2>\n<pre>${spans.join('')}</pre>\n</article>`;
}
