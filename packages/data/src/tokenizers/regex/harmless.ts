import { parseRegex } from './parse.js';
import { ANY, type RegexNode } from './syntax.js';

/** Steps that may be lost at one position, by one alternative and by all of them. */
const MAX_COST = 200;
const MAX_TOTAL = 2000;

/** Space, but what a word behind it may begin with: as long as it fails for a single space only, nothing is lost. */
const SPACE_BEFORE_SPACE = key(String.raw`\p{White_Space}+(?!\P{White_Space})`);

/** Runs of space are lost on these, unless {@link SPACE_BEFORE_SPACE} comes next and takes them. */
const LINES = new Set([String.raw`\p{White_Space}*[\r\n]+`, String.raw`\p{White_Space}*[\r\n]`].map(key));

/** Space at the end, tried where space begins only. */
const LAST_SPACE = key(String.raw`(?<!\p{White_Space})\p{White_Space}+(?![\s\S])`);

/**
 * True if JavaScript's own engine, which backtracks, is known to find all matches of an expression with work in proportion
 * to the text: each alternative either fails within a bounded number of steps, or matches as much as it has looked at. The
 * alternatives of known tokenizers that lose more on one alternative, and match it with the next, are known by their form.
 */
export function isHarmless(node: RegexNode): boolean {
  const alternatives = alternativesOf(node);
  let total = 0;
  for (let i = 0; i < alternatives.length; i++) {
    const text = JSON.stringify(alternatives[i]);
    const next = alternatives[i + 1];
    const known =
      text === SPACE_BEFORE_SPACE ||
      (text === LAST_SPACE && alternatives.length === 1) ||
      (LINES.has(text) && next !== undefined && JSON.stringify(next) === SPACE_BEFORE_SPACE) ||
      (next !== undefined && isCased(alternatives[i]!, next));
    total += known ? 1 : costOfAlternative(alternatives[i]!);
  }
  return total <= MAX_TOTAL;
}

function key(source: string): string {
  return JSON.stringify(parseRegex(source));
}

function alternativesOf(node: RegexNode): readonly RegexNode[] {
  return node.kind === 'choice' ? node.options.flatMap(alternativesOf) : [node];
}

const partsOf = (node: RegexNode): readonly RegexNode[] =>
  node.kind === 'sequence' ? node.parts.flatMap(partsOf) : [node];

/**
 * Words as GPT-4o's tokenizer cuts them: `x?U*L+y?` before `x?U+L*y?`. The first may lose a run of `U`, of which the
 * second then takes all.
 */
function isCased(first: RegexNode, second: RegexNode): boolean {
  const [a, b] = [partsOf(first), partsOf(second)];
  const isRun = (node: RegexNode | undefined, min: number) =>
    node?.kind === 'repeat' &&
    node.part.kind === 'character' &&
    node.min === min &&
    node.max === Infinity &&
    !node.lazy
      ? node.part.source
      : undefined;
  const [prefix, upper, lower, ...rest] = a;
  const isOptional =
    prefix?.kind === 'repeat' && prefix.part.kind === 'character' && prefix.min === 0 && prefix.max === 1;
  return (
    isOptional &&
    isRun(upper, 0) !== undefined &&
    isRun(upper, 0) === isRun(b[1], 1) &&
    isRun(lower, 1) !== undefined &&
    isRun(lower, 1) === isRun(b[2], 0) &&
    rest.every(cannotFail) &&
    JSON.stringify([prefix, ...rest]) === JSON.stringify([b[0], ...b.slice(3)])
  );
}

/** The steps that an alternative can lose at a position, or Infinity. */
function costOfAlternative(node: RegexNode): number {
  const parts = partsOf(node);
  let [cost, ways] = [0, 1];
  for (let i = 0; i < parts.length; i++) {
    const part = boundOf(parts[i]!);
    if (part.cost <= MAX_COST) {
      cost += ways * part.cost;
      ways *= part.ways;
      continue;
    }
    const last = parts[i]!;
    const isRun = last.kind === 'repeat' && isSingle(last.part);
    const needed = isRun ? boundOf({ ...last, max: last.min }).cost : cannotFail(last) ? 1 : Infinity;
    cost += ways * needed;
    return cost <= MAX_COST && parts.slice(i + 1).every(cannotFail) ? cost : Infinity;
  }
  return cost <= MAX_COST ? cost : Infinity;
}

/** True if a part matches anywhere, if only nothing, and loses a bounded number of steps. */
function cannotFail(node: RegexNode): boolean {
  if (node.kind !== 'repeat' || node.min > 0) return false;
  return (
    isSingle(node.part) ||
    (node.max === 1 && alternativesOf(node.part).every((option) => costOfAlternative(option) <= MAX_COST))
  );
}

/** True if a part matches one character, whatever it looks at. */
function isSingle(node: RegexNode): boolean {
  if (boundOf(node).cost > MAX_COST) return false;
  switch (node.kind) {
    case 'character':
      return true;
    case 'choice':
      return node.options.every(isSingle);
    case 'sequence': {
      const taking = node.parts.filter((part) => part.kind !== 'look');
      return taking.length === 1 && isSingle(taking[0]!);
    }
    default:
      return false;
  }
}

/** Bounds of the ways in which a part can match, and of the steps that trying all of them takes. */
function boundOf(node: RegexNode): { readonly ways: number; readonly cost: number } {
  switch (node.kind) {
    case 'character':
      return { ways: 1, cost: 1 };
    case 'look':
      return { ways: 1, cost: 1 + (node.part === ANY ? 0 : boundOf(node.part).cost) };
    case 'choice':
      return node.options
        .map(boundOf)
        .reduce((a, b) => ({ ways: a.ways + b.ways, cost: a.cost + b.cost + 1 }));
    case 'sequence':
      return node.parts
        .map(boundOf)
        .reduce((a, b) => ({ ways: a.ways * b.ways, cost: a.cost + a.ways * b.cost }), { ways: 1, cost: 0 });
    case 'repeat': {
      const part = boundOf(node.part);
      if (node.max > MAX_COST || part.cost > MAX_COST) return { ways: Infinity, cost: Infinity };
      let [ways, cost, rounds] = [0, 1, 1];
      for (let i = 0; i <= node.max; i++) {
        if (i >= node.min) ways += rounds;
        if (i < node.max) cost += rounds * (part.cost + 1);
        rounds *= part.ways;
      }
      return { ways, cost };
    }
  }
}
