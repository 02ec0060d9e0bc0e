import { shortened, withControlsWrittenOut } from '@attune/core';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Tabs, line ends, and the characters that join emoji and letters of many scripts. */
const KEPT = '\t\n\u200c\u200d';

/** A text in which controls are written out, `\\u{202e}`: a stranger's text does not turn the line it stands in around. */
export function visibleText(text: string): string {
  return withControlsWrittenOut(text, KEPT);
}

/** A text in which nothing is markup, in an element or in a quoted attribute. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char]!);
}

/**
 * A text as HTML or SVG shows it, in an element or in a quoted attribute. Controls are written out, `\u{202e}`: a stranger's
 * text neither makes markup nor turns the line it stands in around.
 */
export function escapeText(text: string): string {
  return escapeMarkup(visibleText(text));
}

/** The longest name that is shown, in UTF-16 code units. */
const MAX_NAME = 120;

/** A stranger's name for a heading or a legend: on one line, and shortened. */
export function shortName(name: string): string {
  return shortened(name, MAX_NAME).replace(/\s+/g, ' ');
}

/** A {@link shortName}, escaped. */
export function escapeName(name: string): string {
  return escapeText(shortName(name));
}
