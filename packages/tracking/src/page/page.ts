import { hashText } from '@attune/files';
import { escapeText } from './escape.js';
import { PAGE_STYLE } from './style.js';

/** The contents of a page. */
export interface PageContents {
  /** Plain text. */
  readonly title: string;
  /** HTML, in which every text is escaped. */
  readonly body: string;
  /** CSS beside that of all pages. */
  readonly style?: string;
  /** Scripts of the page's own server, as URLs without an origin. A page that is a file has none. */
  readonly scripts?: readonly string[];
}

/** The source expression that allows a style, or a script, by its contents. */
function hashSource(text: string): string {
  const bytes = hashText(text)
    .match(/../g)!
    .map((hex) => String.fromCharCode(parseInt(hex, 16)));
  return `'sha256-${btoa(bytes.join(''))}'`;
}

/**
 * The content security policy of a page: only its own style, known by its hash, counts; no script runs, nothing is loaded or
 * sent. One with scripts may load those of its own server, and ask that server.
 */
export function pagePolicy({ style = '', scripts = [] }: Pick<PageContents, 'style' | 'scripts'>): string {
  return [
    "default-src 'none'",
    `style-src ${hashSource(PAGE_STYLE + style)}`,
    ...(scripts.length > 0 ? ["script-src 'self'", "connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** A whole page that needs nothing beside itself, but for its scripts where it has some. */
export function htmlPage(contents: PageContents): string {
  const { title, body, style = '', scripts = [] } = contents;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${pagePolicy(contents)}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width">
<title>${escapeText(title)}</title>
<style>${PAGE_STYLE}${style}</style>
${scripts.map((url) => `<script type="module" src="${escapeText(url)}"></script>\n`).join('')}</head>
<body>
${body}
</body>
</html>
`;
}
