/** What a group can match in more than one way. */
interface Group {
  /** It has `*`, `+`, or `{m,n}`. */
  repeats: boolean;
  /** It has `|`. */
  branches: boolean;
  /** How many `?` it has. */
  optional: number;
}

const isAmbiguous = ({ repeats, branches, optional }: Group) => repeats || branches || optional > 1;

/** More of a group that can match in several ways than this are too many ways. */
const MAX_REPEATS = 4;

/** The quantifier at `index`: how often at most, and where it ends. `undefined` if there is none. */
function quantifierAt(pattern: string, index: number) {
  const [text, min, comma, max] =
    /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})[?+]?/.exec(pattern.slice(index, index + 24)) ?? [];
  if (text === undefined) return undefined;
  const most = text.startsWith('?')
    ? 1
    : min === undefined
      ? Infinity
      : comma && !max
        ? Infinity
        : Number(max || min);
  const least = text.startsWith('+') ? 1 : Number(min ?? 0);
  return { most, varies: most !== least, isOptional: text.startsWith('?'), end: index + text.length };
}

/** The index behind a class such as `[^\s(]` that begins at `start`. */
function endOfClass(pattern: string, start: number): number {
  let i = start + 1;
  // Without `\` in front, a bracket that closes at once would stand for itself.
  if (pattern[i] === '^') i++;
  while (i < pattern.length && pattern[i] !== ']') i += pattern[i] === '\\' ? 2 : 1;
  return i + 1;
}

/**
 * Whether a regular expression repeats a part that can match the same text in several ways, as `(a+)+` or `(a|a)*` do:
 * an engine that backtracks may then try more ways than there is time for. Patterns of which files come with a model are
 * looked at in this way before they are run.
 *
 * It errs on both sides: `(a|b)*` is counted, though harmless, and `.*.*.*` is not, though it takes long for a long text.
 * None of the patterns that tokenizers are known to have is counted.
 */
export function mayBacktrackForever(pattern: string): boolean {
  const open: Group[] = [{ repeats: false, branches: false, optional: 0 }];
  for (let i = 0; i < pattern.length;) {
    const top = open.at(-1)!;
    let closed: Group | undefined;
    switch (pattern[i]) {
      case '\\':
        // `\p{L}`: its braces are no quantifier.
        i += /^\\[pP]\{[^}]*\}/.exec(pattern.slice(i, i + 64))?.[0].length ?? 2;
        break;
      case '[':
        i = endOfClass(pattern, i);
        break;
      case '(':
        open.push({ repeats: false, branches: false, optional: 0 });
        // `(?:`, `(?=`, `(?<name>`: not a quantifier.
        i += pattern[i + 1] === '?' ? 2 : 1;
        continue;
      case ')':
        if (open.length > 1) closed = open.pop();
        i++;
        break;
      case '|':
        top.branches = true;
        i++;
        continue;
      default:
        i++;
    }
    const around = open.at(-1)!;
    if (closed) {
      around.repeats ||= closed.repeats;
      around.branches ||= closed.branches;
      around.optional += closed.optional;
    }
    const quantifier = quantifierAt(pattern, i);
    if (!quantifier) continue;
    if (closed && isAmbiguous(closed) && quantifier.most > MAX_REPEATS) return true;
    if (quantifier.isOptional) around.optional++;
    else if (quantifier.varies) around.repeats = true;
    i = quantifier.end;
  }
  return false;
}
