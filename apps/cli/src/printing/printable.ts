/** Unicode's controls, among them those that command a terminal or turn the direction of writing. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Tabs and line ends, and what joins emoji and letters of many scripts. */
const KEPT = '\t\n\u200c\u200d';

function writtenOut(char: string): string {
  return `\\u{${char.codePointAt(0)!.toString(16)}}`;
}

/** A text with its controls written out, `\u{1b}`, so that it cannot command a terminal. */
export function withoutControls(text: string): string {
  return text.replace(CONTROL, (char) => (KEPT.includes(char) ? char : writtenOut(char)));
}

/** A name of a stranger's on one line: with tabs and line ends written out, too, so that it passes for no line of ours. */
export function onOneLine(name: string): string {
  return withoutControls(name).replace(/[\t\n]/g, writtenOut);
}

/** JSON of a value, in which controls are written as `\u001b`: whoever parses it gets them. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(CONTROL, (char) =>
    // A line end can only be one of the indent.
    char === '\n'
      ? char
      : char.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}
