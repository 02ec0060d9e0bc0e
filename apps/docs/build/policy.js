import { createHash } from 'node:crypto';

/** The hash of each script that stands in a page. */
const hashesOf = (html) =>
  [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, script]) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  );

/**
 * The content security policy of a page, as a tag, so that it counts wherever the site is put. A page loads and asks for
 * files of its own origin alone. Colours of code are styles in the page.
 */
export function policyTag(html) {
  const policy = [
    "default-src 'none'",
    ["script-src 'self'", ...new Set(hashesOf(html))].join(' '),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}">`;
}
