import { foldCase, type PatternNode } from './syntax.js';

/** The work left, shared by all texts that a pattern is tried on. */
export interface Budget {
  steps: number;
}

/** Thrown when a pattern needs more work than its {@link Budget}. */
export class BudgetSpent extends Error {}

/**
 * True if a pattern matches a whole text. For each node and position, the positions where a match may end are found once:
 * the work is bounded by a power of the text's length, where backtracking may need an exponential of it.
 *
 * @throws BudgetSpent.
 */
export function matchesWhole(pattern: PatternNode, text: string, budget: Budget): boolean {
  return (new Match(text, budget).ends(pattern, 0) & at(text.length)) !== NONE;
}

/** A set of positions in a text: a bit for each. */
type Positions = bigint;
const NONE: Positions = 0n;
const at = (position: number): Positions => 1n << BigInt(position);

class Match {
  private readonly found = new Map<PatternNode, (Positions | undefined)[]>();

  constructor(
    private readonly text: string,
    private readonly budget: Budget,
  ) {}

  /** Where matches of a node end that begin at `start`. */
  ends(node: PatternNode, start: number): Positions {
    let known = this.found.get(node);
    if (!known) this.found.set(node, (known = []));
    return (known[start] ??= this.find(node, start));
  }

  private find(node: PatternNode, start: number): Positions {
    this.spend();
    const { text } = this;
    switch (node.kind) {
      case 'text': {
        const end = start + node.text.length;
        const found = text.slice(start, end);
        return (node.ignoreCase ? foldCase(found) : found) === node.text ? at(end) : NONE;
      }
      case 'character':
        return start < text.length && node.accepts(text[start]!) ? at(start + 1) : NONE;
      case 'sequence':
        return node.parts.reduce((from, part) => this.after(part, from), at(start));
      case 'choice':
        return node.options.reduce((ends, option) => ends | this.ends(option, start), NONE);
      case 'repeat':
        return this.repeated(node, start);
      case 'look':
        return this.looks(node, start) === node.negative ? NONE : at(start);
      case 'place':
        return node.holds(text, start) ? at(start) : NONE;
    }
  }

  /** Where matches end that begin at any of some positions. */
  private after(node: PatternNode, from: Positions): Positions {
    let ends = NONE;
    for (let position = 0, rest = from; rest !== NONE; position++, rest >>= 1n) {
      this.spend();
      if (rest & 1n) ends |= this.ends(node, position);
    }
    return ends;
  }

  private repeated({ part, min, max }: Extract<PatternNode, { kind: 'repeat' }>, start: number): Positions {
    if (part.kind === 'character') return this.run(part.accepts, start, min, max);
    // Of more rounds than there are characters, some match nothing: one round more or less makes no difference.
    const most = this.text.length + 1;
    let from = at(start);
    for (let round = 0; round < Math.min(min, most) && from !== NONE; round++) from = this.after(part, from);
    let all = from;
    for (let round = 0; round < Math.min(max - min, most) && from !== NONE; round++) {
      from = this.after(part, from) & ~all;
      all |= from;
    }
    return all;
  }

  /** {@link repeated} for one character. */
  private run(accepts: (character: string) => boolean, start: number, min: number, max: number): Positions {
    let ends = NONE;
    for (let end = start; end - start <= max; end++) {
      this.spend();
      if (end - start >= min) ends |= at(end);
      if (end >= this.text.length || !accepts(this.text[end]!)) break;
    }
    return ends;
  }

  private looks({ part, back }: Extract<PatternNode, { kind: 'look' }>, start: number): boolean {
    if (back === undefined) return this.ends(part, start) !== NONE;
    return back <= start && (this.ends(part, start - back) & at(start)) !== NONE;
  }

  private spend(): void {
    if (--this.budget.steps < 0) throw new BudgetSpent();
  }
}
