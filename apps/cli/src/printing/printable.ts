import { controlCharacters, withControlsWrittenOut } from '@attune/core';

/** The characters that join emoji and letters of many scripts. */
const JOINERS = '\u200c\u200d';

/** Tabs and line ends, and those that join. */
const KEPT = `\t\n${JOINERS}`;

/** A text with its controls written out, `\u{1b}`, so that it cannot command a terminal. */
export function withoutControls(text: string): string {
  return withControlsWrittenOut(text, KEPT);
}

/** A name of a stranger's on one line: with tabs and line ends written out, too, so that it passes for no line of ours. */
export function onOneLine(name: string): string {
  return withControlsWrittenOut(name, JOINERS);
}

/** JSON of a value, in which controls are written as `\u001b`: whoever parses it gets them. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(controlCharacters, (char) =>
    // A line end can only be one of the indent.
    char === '\n'
      ? char
      : char.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}
