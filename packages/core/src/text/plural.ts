/**
 * A count with its noun: `1 step`, `1,200 steps`.
 *
 * @param nouns the noun for any other count than one. Default: with an s.
 */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? noun : nouns}`;
}
