/** Unicode's controls, among them those that command a terminal or turn the direction of writing. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Tabs and line ends, and what joins emoji and letters of many scripts. */
const KEPT = '\t\n\u200c\u200d';

/** A text with its controls written out, `\u{1b}`, so that it cannot command a terminal. */
export function withoutControls(text: string): string {
  return text.replace(CONTROL, (char) =>
    KEPT.includes(char) ? char : `\\u{${char.codePointAt(0)!.toString(16)}}`,
  );
}
