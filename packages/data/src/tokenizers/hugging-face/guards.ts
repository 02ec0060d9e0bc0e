import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { objectOf } from '@attune/files';
import { safePattern } from './pattern.js';

/** A text may become this many times as long as it was, and this much longer: NFKC makes 18 characters of one. */
const GROWTH = 32;
const ROOM = 10_000;

/** A step of the library: a function with properties. */
interface Step {
  (input: unknown): unknown;
  pattern?: unknown;
  readonly config?: unknown;
  readonly normalizers?: readonly (Step | null)[];
  readonly tokenizers?: readonly (Step | null)[];
  readonly decoders?: readonly (Step | null)[];
  normalize?: (text: string) => string;
  decode_chain?: (tokens: readonly string[]) => string[];
}

/**
 * The library's tokenizer, with patterns that come to an end, and texts that do not grow without bounds. Its constructor
 * already normalizes: steps are guarded as soon as they are there.
 */
export const GuardedTokenizer = withGuards({
  normalizer: guardedNormalizer,
  pre_tokenizer: guardedPreTokenizer,
  decoder: guardedDecoder,
});

function withGuards(guards: Readonly<Record<string, (step: Step) => unknown>>) {
  const Guarded = class extends HuggingFaceTokenizer {};
  for (const [name, guard] of Object.entries(guards)) {
    Object.defineProperty(Guarded.prototype, name, {
      set(step: Step | null) {
        Object.defineProperty(this, name, { value: step && guard(step), writable: true, enumerable: true });
      },
      configurable: true,
    });
  }
  return Guarded as typeof HuggingFaceTokenizer;
}

/** How long something may become. */
class Allowance {
  private limit = Infinity;

  begin(length: number): void {
    this.limit = GROWTH * length + ROOM;
  }

  check(length: number): void {
    if (length > this.limit) throw new Error('its steps make a text far longer than it was');
  }

  /** {@link check}s how long a text becomes, before it does. */
  checkReplaced(text: string, pattern: unknown, content: unknown): void {
    if (typeof content !== 'string' || text.length + (text.length + 1) * content.length <= this.limit) return;
    let { length } = text;
    text.replaceAll(pattern as RegExp, (found: string) => {
      this.check((length += content.length - found.length));
      return '';
    });
  }
}

/** Gives a step that replaces a pattern one that comes to an end. Returns what takes the pattern's place. */
function withSafePattern(leaf: Step): unknown {
  const { pattern, content } = objectOf(leaf.config);
  if (leaf.pattern instanceof RegExp) leaf.pattern = safePattern(leaf.pattern, pattern);
  return content;
}

function guardedNormalizer(step: Step): (text: string) => string {
  const allowance = new Allowance();
  for (const leaf of leavesOf(step)) {
    const content = withSafePattern(leaf);
    const normalize = leaf.normalize!.bind(leaf);
    leaf.normalize = (text) => {
      if (leaf.pattern) allowance.checkReplaced(text, leaf.pattern, content);
      const normalized = normalize(text);
      allowance.check(normalized.length);
      return normalized;
    };
  }
  return (text) => {
    allowance.begin(text.length);
    return step.normalize!(text);
  };
}

function guardedPreTokenizer(step: Step): Step {
  for (const leaf of leavesOf(step)) {
    const { pattern } = objectOf(leaf.config);
    // Without one in the file, it is the library's own.
    if (pattern !== undefined && leaf.pattern instanceof RegExp)
      leaf.pattern = safePattern(leaf.pattern, pattern);
  }
  return step;
}

function guardedDecoder(step: Step): Step {
  const allowance = new Allowance();
  for (const leaf of leavesOf(step)) {
    const content = withSafePattern(leaf);
    const decode = leaf.decode_chain!.bind(leaf);
    leaf.decode_chain = (tokens) => {
      if (leaf.pattern) for (const token of tokens) allowance.checkReplaced(token, leaf.pattern, content);
      const decoded = decode(tokens);
      allowance.check(lengthOf(decoded));
      return decoded;
    };
  }
  const decode = step.decode_chain!.bind(step);
  step.decode_chain = (tokens) => {
    allowance.begin(lengthOf(tokens));
    return decode(tokens);
  };
  return step;
}

function lengthOf(tokens: readonly string[]): number {
  let length = tokens.length;
  for (const token of tokens) length += token.length;
  return length;
}

/** The steps of a sequence, of whatever kind, and those of sequences in it. */
function leavesOf(step: Step | null): Step[] {
  if (!step) return [];
  const inner = step.normalizers ?? step.tokenizers ?? step.decoders;
  return inner ? inner.flatMap(leavesOf) : [step];
}
