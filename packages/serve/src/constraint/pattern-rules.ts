/** Characters that a text of JSON has to escape, or that mean something in patterns. */
const LITERAL = /^[^"\\\p{Cc}^$.*+?()[\]{}|]$/u;
const ESCAPES = /^\\[dw.*+?()[\]{}|^$/-]/;
const COUNT = /^\{(\d{1,3})(?:(,)(\d{1,3})?)?\}/;

/** The most often that a part may be repeated, where it is bounded. */
const MOST_TIMES = 256;

/**
 * Says what is wrong with a pattern, if the library does not keep to it as JavaScript does, or would write what is no JSON: for it,
 * "." is a quote, too. What is left: characters, `\d`, `\w`, classes of what is allowed, groups, alternatives, and repetition.
 */
export function patternFault(pattern: string): string | undefined {
  const body = pattern.replace(/^\^/, '').replace(/(?<!\\)\$$/, '');
  let rest = body;
  let depth = 0;
  /** The product of the repetitions around a place, so that `(a{99}){99}` is known for what it is. */
  let times = 1;
  while (rest !== '') {
    const [first] = Array.from(rest) as [string];
    const count = COUNT.exec(rest);
    const taken = ESCAPES.exec(rest)?.[0] ?? count?.[0] ?? (first === '[' ? classOf(rest) : undefined);
    if (first === '[' && taken === undefined) return 'has a class of characters that is not supported';
    if (count) {
      const [, from, open, to] = count;
      times *= Math.max(1, Number(to ?? from));
      if (times > MOST_TIMES) return `repeats something more than ${MOST_TIMES} times`;
      if (to !== undefined && open && Number(to) < Number(from)) return 'counts backwards';
    } else if (taken === undefined) {
      if (rest.startsWith('(?') && !rest.startsWith('(?:')) return 'looks around, or names a group';
      if (first === '(') depth++;
      else if (first === ')') depth--;
      else if (!LITERAL.test(first) && !'|*+?'.includes(first)) {
        return `has ${JSON.stringify(rest.slice(0, 2))}, which is not supported`;
      }
      if (depth < 0 || depth > 16) return 'has groups that are not closed, or too deep';
    }
    rest = rest.slice(taken?.length ?? (rest.startsWith('(?:') ? 3 : first.length));
  }
  if (depth !== 0) return 'has groups that are not closed, or too deep';
  try {
    new RegExp(pattern, 'u');
  } catch {
    return 'is not valid';
  }
  return undefined;
}

/** A class of characters at the begin of a pattern, if each of them may stand in a text of JSON as it is. */
function classOf(pattern: string): string | undefined {
  const found = /^\[((?:\\[dw.*+?()[\]{}|^$/-]|[^\\\]"\p{Cc}[])+)\]/u.exec(pattern);
  if (!found || found[1]!.startsWith('^')) return undefined;
  // A range may reach over a quote or a backslash.
  for (const [, from, to] of found[1]!.matchAll(/(\\?.)-(\\?.)/gu)) {
    const inside = (char: string) => from!.replace('\\', '') <= char && char <= to!.replace('\\', '');
    if (inside('"') || inside('\\') || inside('\u007f')) return undefined;
  }
  return found[0];
}
