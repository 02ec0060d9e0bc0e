/** East Asian wide characters and emoji, which take two columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const COLOR = /\u001b\[[0-9;]*m/g;

/** Columns that a text takes on a terminal, colours aside. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text.replaceAll(COLOR, '')) {
    columns += ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  }
  return columns;
}

/** The longest beginning of a word that fits, at least one character. */
function fit(word: string, width: number): string {
  let head = '';
  for (const character of word) {
    if (head !== '' && columnsOf(head + character) > width) break;
    head += character;
  }
  return head;
}

/** The beginning of a line, before its text: an indent, a rule, or a label with its gap. */
const MARGIN = /^(?: *│ | +|[a-z]+ {2,})/;

function wrapLine(line: string, columns: number): string[] {
  if (columnsOf(line) <= columns) return [line];
  const margin = MARGIN.exec(line)?.[0] ?? '';
  const hanging = margin.includes('│') ? margin : ' '.repeat(margin.length);
  const width = Math.max(columns - columnsOf(margin), 1);
  const lines: string[] = [];
  let text = '';
  for (const part of line.slice(margin.length).split(/(?<= )(?! )/)) {
    let word = part;
    if (text !== '' && columnsOf(text) + columnsOf(word.trimEnd()) > width) {
      lines.push(text.trimEnd());
      text = '';
    }
    // Longer than a line: it has to be broken.
    while (columnsOf(word.trimEnd()) > width) {
      const head = fit(word, width);
      lines.push(head);
      word = word.slice(head.length);
    }
    text += word;
  }
  lines.push(text.trimEnd());
  return lines.map((one, i) => (i === 0 ? margin : hanging) + one);
}

/**
 * Breaks lines between words where they are longer than the terminal is wide. What goes on stands below what it goes on
 * from: behind its indent, its rule (`│`) or its label.
 */
export function wrapText(text: string, columns: number): string {
  return text
    .split('\n')
    .flatMap((line) => wrapLine(line, columns))
    .join('\n');
}
