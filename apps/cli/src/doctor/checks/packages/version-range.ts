/** Major, minor and patch of a version; `undefined` for what is none. */
function parts(version: string): readonly [number, number, number] | undefined {
  const [, ...numbers] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version.trim()) ?? [];
  return numbers.length === 3 ? (numbers.map(Number) as [number, number, number]) : undefined;
}

/**
 * True if a version is in a range, as far as the ranges of attune's own packages go: exact, or `^`. A range of another kind is
 * not judged, and neither is a version that is none.
 */
export function isInRange(version: string, range: string): boolean {
  const [own, wanted] = [parts(version), parts(range.replace('^', ''))];
  if (!own || !wanted || !/^\^?\d+\.\d+\.\d+$/.test(range.trim())) return true;
  if (!range.startsWith('^')) return own.every((number, i) => number === wanted[i]);
  // The first number that is not 0 has to be the same.
  const first = wanted.findIndex((number) => number > 0);
  if (own.slice(0, first + 1).some((number, i) => number !== wanted[i])) return false;
  for (let i = first + 1; i < 3; i++) {
    if (own[i]! !== wanted[i]!) return own[i]! > wanted[i]!;
  }
  return true;
}
