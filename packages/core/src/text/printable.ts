/** Unicode's controls, among them those that command a terminal or turn the direction of writing: for `replace`. */
export const controlCharacters = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A text with its controls written out, `\u{1b}`, so that it cannot command a terminal.
 *
 * @param kept characters that stay as they are.
 */
export function withControlsWrittenOut(text: string, kept = ''): string {
  return text.replace(controlCharacters, (char) =>
    kept.includes(char) ? char : `\\u{${char.codePointAt(0)!.toString(16)}}`,
  );
}

/**
 * A text of a stranger's, for a message: in quotes, shortened, and with its controls written out.
 *
 * @param maxLength UTF-16 code units that are shown.
 */
export function quoted(text: string, maxLength: number): string {
  const shown = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return withControlsWrittenOut(JSON.stringify(shown));
}
