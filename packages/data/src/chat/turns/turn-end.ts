import type { Message } from '../../examples/index.js';
import { commonStart } from './common-text.js';
import type { SpecialTokens } from '../special-tokens/special-tokens.js';

/** The text that follows the content of a turn. */
export interface TurnTail {
  /** All of it, with the turns that follow. */
  readonly rest: string;
  /** The text where no turn follows; `undefined` where the template does not allow that. */
  readonly alone: string | undefined;
  /** The turn that follows. */
  readonly next: Message | undefined;
}

/**
 * How much of the text after what a turn says belongs to it. What is written both where turns follow and where none does
 * is the turn's own. It ends there with the first end-of-sequence token, else with the first special token after which
 * nothing else comes, else with what is written; where that is mere white space, it is all there is to stop at.
 *
 * @returns `undefined` if that cannot be told.
 */
export function turnEnd({ rest, alone, next }: TurnTail, tokens: SpecialTokens): number | undefined {
  const special = [...tokens.texts.keys()].sort((a, b) => b.length - a.length);
  const ends = special.filter((token) => tokens.eosIds.includes(tokens.texts.get(token)!));
  const shared = alone === undefined ? '' : commonStart(rest, alone);
  const isWhole = alone !== undefined && (shared.length === alone.length || shared.length === rest.length);
  // Otherwise it may end in what two tokens happen to begin with: the "<|" of "<|user|>" is nobody's end.
  const own = isWhole ? shared : withoutBegunToken(shared, special);
  const end = firstEnd(own, ends) ?? lastTokens(own, special);
  if (end !== undefined) return end;
  const other = isWhole ? undefined : otherEnd(rest, alone, next, special, ends);
  if (other !== undefined || alone === undefined) return other;
  const written = isWhole ? own : own.replace(/(\s)\S+$/, '$1');
  return written.trimEnd().length || written.length;
}

/** The token that ends a turn only where another one follows, while the last turn ends with another token. */
function otherEnd(
  rest: string,
  alone: string | undefined,
  next: Message | undefined,
  special: readonly string[],
  ends: readonly string[],
): number | undefined {
  const begin = rest.length - rest.trimStart().length;
  const token = special.find((text) => rest.startsWith(text, begin));
  if (token === undefined) return undefined;
  const end = begin + token.length;
  if (ends.includes(token)) return end;
  // It could be the header of the next turn, unless that has a token of its own.
  const said = next?.content.trim();
  const header = said ? rest.slice(end, Math.max(end, rest.indexOf(said, end))) : '';
  const both = alone === undefined || special.some((text) => alone.trimStart().startsWith(text));
  return both && special.some((text) => header.includes(text)) ? end : undefined;
}

/** Where the first of the special tokens that the text ends in ends. */
function lastTokens(text: string, special: readonly string[]): number | undefined {
  let first: number | undefined;
  for (let rest = text.trimEnd(); ;) {
    const last = special.find((token) => rest.endsWith(token));
    if (last === undefined) return first;
    first = rest.length;
    rest = rest.slice(0, -last.length).trimEnd();
  }
}

function withoutBegunToken(text: string, special: readonly string[]): string {
  const longest = special[0]?.length ?? 0;
  for (let at = Math.max(0, text.length - longest); at < text.length; at++) {
    const begun = text.slice(at);
    if (special.some((token) => token !== begun && token.startsWith(begun))) return text.slice(0, at);
  }
  return text;
}

/** Where the first of the tokens ends. */
function firstEnd(text: string, tokens: readonly string[]): number | undefined {
  const ends = tokens.flatMap((token) => {
    const at = text.indexOf(token);
    return at < 0 ? [] : [at + token.length];
  });
  return ends.length === 0 ? undefined : Math.min(...ends);
}
