/** How an answer compares with the one that was expected. */
export interface AnswerScores {
  /** True if they are the same but for case, punctuation, articles and blanks. */
  readonly exactMatch: boolean;
  /** Harmonic mean of the shares of words that both have: 1 for the same words, 0 for none in common. */
  readonly f1: number;
}

/**
 * An answer as it is compared: in lower case, without punctuation, without the articles "a", "an" and "the", and with
 * single blanks.
 */
export function normalizeAnswer(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[!-/:-@[-`{-~]/g, '')
    .replaceAll(/\b(a|an|the)\b/g, ' ')
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ');
}

/**
 * Compares an answer with the one that was expected, as SQuAD does.
 *
 * Source: Rajpurkar et al., "SQuAD" (2016), `evaluate-v1.1.py`.
 */
export function scoreAnswer(answer: string, expected: string): AnswerScores {
  const [given, wanted] = [normalizeAnswer(answer), normalizeAnswer(expected)];
  return { exactMatch: given === wanted, f1: wordF1(given.split(' '), wanted.split(' ')) };
}

function wordF1(given: readonly string[], wanted: readonly string[]): number {
  const left = new Map<string, number>();
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of given) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    common += 1;
  }
  if (common === 0) return 0;
  const [precision, recall] = [common / given.length, common / wanted.length];
  return (2 * precision * recall) / (precision + recall);
}
