/**
 * Returns a test for names that match a glob: `*` stands for any characters, `?` for one, `[ab]`, `[0-3]` and `[!a]`
 * for one of a set. A dot is a character like any other.
 *
 * Source: Python's `fnmatch`, which peft and other tools use on parameter names.
 */
export function globMatcher(glob: string): (name: string) => boolean {
  const pattern = glob.replaceAll(/\*|\?|\[!?[^\]]+\]|[^*?[]+|\[/g, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    if (part.length > 2 && part.startsWith('[') && part.endsWith(']')) return setPattern(part.slice(1, -1));
    return part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  });
  const expression = new RegExp(`^${pattern}$`, 'su');
  return (name) => expression.test(name);
}

function setPattern(set: string): string {
  const [inverse, members] = set.startsWith('!') ? ['^', set.slice(1)] : ['', set];
  return `[${inverse}${members.replaceAll(/[\\\]^[]/g, '\\$&')}]`;
}
