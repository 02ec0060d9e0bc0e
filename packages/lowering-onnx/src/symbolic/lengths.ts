import { AttuneError } from '@attune/core';

/** Lengths that are known only when a model runs, by name. */
export interface Lengths {
  /** Those that differ from run to run, each by itself. */
  readonly free: readonly string[];
  /** Those that are the sum of others. */
  readonly sums?: Readonly<Record<string, readonly string[]>>;
}

/** A length for each name. */
export type Sizes = Readonly<Record<string, number>>;

/** A product of lengths, times a number: `2 · batch_size · sequence_length`. */
export interface Product {
  readonly factor: number;
  readonly names: readonly string[];
}

/** The length of each name, sums among them, from those of the free ones in their order. */
export function sizesOf({ free, sums = {} }: Lengths, values: readonly number[]): Sizes {
  const sizes = Object.fromEntries(free.map((name, i) => [name, values[i]!]));
  const added = Object.entries(sums).map(([name, parts]) => [
    name,
    parts.reduce((sum, part) => sum + sizes[part]!, 0),
  ]);
  return { ...sizes, ...(Object.fromEntries(added) as Sizes) };
}

/** Products of up to three of the names, the shortest first. */
function products(names: readonly string[]): (readonly string[])[] {
  const longer = (shorter: readonly (readonly string[])[]) =>
    shorter.flatMap((product) =>
      names
        .filter((name) => product.length === 0 || name >= product.at(-1)!)
        .map((name) => [...product, name]),
    );
  const one = longer([[]]);
  const two = longer(one);
  return [...one, ...two, ...longer(two)];
}

const valueOf = (sizes: Sizes, names: readonly string[]) =>
  names.reduce((product, name) => product * sizes[name]!, 1);

/**
 * How a number that was seen under several sizes depends on them: a number where it does not, a {@link Product}, or
 * `undefined` where it is neither.
 */
export function dependence(seen: readonly number[], sizes: readonly Sizes[]): number | Product | undefined {
  if (seen.every((value) => value === seen[0])) return seen[0]!;
  for (const names of products(Object.keys(sizes[0]!).sort())) {
    const factor = seen[0]! / valueOf(sizes[0]!, names);
    const fits = seen.every((value, i) => value === factor * valueOf(sizes[i]!, names));
    if (Number.isInteger(factor) && fits) return { factor, names };
  }
  return undefined;
}

const PRIMES = [
  ...[11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109],
  ...[113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199],
];

/**
 * Sizes to probe a program with: primes, none of which, nor a sum or a product of two, is another one or a length that
 * the program has anyway. What is equal under them is so for a reason.
 *
 * @param taken lengths that are the same in every run.
 * @throws AttuneError UNSUPPORTED_OP if there are none.
 */
export function probeSizes(lengths: Lengths, count: number, taken: ReadonlySet<number> = new Set()): Sizes[] {
  const width = lengths.free.length;
  const probes: Sizes[] = [];
  for (let start = 0; start + width <= PRIMES.length && probes.length < count;) {
    const sizes = sizesOf(lengths, PRIMES.slice(start, start + width));
    const values = products(Object.keys(sizes))
      .filter(({ length }) => length < 3)
      .map((names) => valueOf(sizes, names));
    const isApart = new Set(values).size === values.length && !values.some((value) => taken.has(value));
    if (isApart) probes.push(sizes);
    start += isApart ? width : 1;
  }
  if (probes.length === count) return probes;
  throw new AttuneError(
    'UNSUPPORTED_OP',
    'ONNX: the program has too many lengths to tell them from those that vary.',
  );
}
