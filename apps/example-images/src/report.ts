import type { ImageSet } from '@attune/data';
import type { ClassificationMetrics } from '@attune/train';

/** `97.3 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A confusion matrix as a table: a row for each class, a column for what it was taken for, and dots for never. */
export function confusionTable(
  { confusion }: ClassificationMetrics,
  { classes, numLabels }: ImageSet,
): string {
  const names = classes ?? Array.from({ length: numLabels }, (_, label) => String(label));
  const width =
    Math.max(...names.map(({ length }) => length), ...confusion.flat().map((n) => String(n).length)) + 1;
  const row = (head: string, cells: readonly string[]) =>
    `${head.padStart(width)} │${cells.map((cell) => cell.padStart(width)).join('')}`;
  return [
    row('', names),
    `${'─'.repeat(width)}─┼${'─'.repeat(width * names.length)}`,
    ...confusion.map((counts, label) =>
      row(
        names[label]!,
        counts.map((n) => (n === 0 ? '·' : String(n))),
      ),
    ),
  ].join('\n');
}
