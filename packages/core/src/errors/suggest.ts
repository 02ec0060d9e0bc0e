/** The Levenshtein distance of two strings: insertions, deletions and substitutions count one each. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1);
    }
    previous = current;
  }
  return previous[b.length]!;
}

/** The candidate nearest to `name`, if one is near enough to be a likely slip. Case, `-` and `_` do not count. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[-_]/g, '');
  const given = plain(name);
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    // So many letters have to be inserted or deleted at least; a name of megabytes is not worth a comparison.
    if (Math.abs(given.length - plain(candidate).length) >= bestDistance) continue;
    const distance = editDistance(given, plain(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `Did you mean "x"?`, or the list of what exists where nothing is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const all = [...candidates];
  const guess = nearest(name, all);
  return guess ? `Did you mean "${guess}"?` : `Known: ${all.join(', ')}.`;
}
