/** Most characters of an intermediate sample. */
const SAMPLE_LENGTH = 160;

/** As much of a text as an intermediate sample needs: whole words, unless it has none. */
export function firstLines(text: string): string {
  const lines = text.split('\n').slice(0, 3).join('\n');
  if (lines.length <= SAMPLE_LENGTH) return lines.length < text.length ? `${lines}…` : lines;
  const shown = Array.from(lines.slice(0, SAMPLE_LENGTH + 1))
    .slice(0, -1)
    .join('');
  const words = shown.replace(/\s+\S*$/, '');
  return `${words}…`;
}

/** Sets a text off from what is around it. */
export function indent(text: string): string {
  return text.replaceAll(/^/gm, '  │ ');
}
