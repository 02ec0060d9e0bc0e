/** The most values that bounds may leave. */
const MOST_VALUES = 500;

type Json = Readonly<Record<string, unknown>>;

const WORDS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'];

/** The least and the largest whole number that bounds allow; beyond what a number of JavaScript holds exactly, there is no bound. */
function rangeOf(schema: Json): readonly [from: number, to: number] {
  const bound = (word: string, none: number) => {
    const value = (schema[word] as number | undefined) ?? none;
    return Math.abs(value) >= Number.MAX_SAFE_INTEGER ? none : value;
  };
  const from = Math.max(
    Math.ceil(bound('minimum', -Infinity)),
    Math.floor(bound('exclusiveMinimum', -Infinity)) + 1,
  );
  const to = Math.min(
    Math.floor(bound('maximum', Infinity)),
    Math.ceil(bound('exclusiveMaximum', Infinity)) - 1,
  );
  return [from, to];
}

/** Says what is wrong with the bounds of an integer, if answers cannot be held to them. */
export function integerFault(schema: Json): string | undefined {
  const wrong = WORDS.find((word) => word in schema && !Number.isFinite(schema[word]));
  if (wrong !== undefined) return `"${wrong}" must be a number`;
  const [from, to] = rangeOf(schema);
  if (from > to) return 'its bounds leave no number';
  const isOpen = to === Infinity && [-Infinity, 0, 1].includes(from);
  if (isOpen || to - from < MOST_VALUES) return undefined;
  return `bounds are supported that leave at most ${MOST_VALUES} numbers, or none but those below 0, or below 1, out`;
}

/**
 * A schema that {@link checkSchema} takes, as it is compiled: with bounded integers as lists of values, since the library lets others
 * through (136 where 130 is the largest).
 */
export function withIntegersListed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withIntegersListed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(
    // Values are no schemas.
    ([word, value]) =>
      [word, word === 'enum' || word === 'const' ? value : withIntegersListed(value)] as const,
  );
  const copy = Object.fromEntries(entries);
  if (copy['type'] !== 'integer' || !WORDS.some((word) => typeof copy[word] === 'number')) return copy;
  const [from, to] = rangeOf(copy);
  const rest = Object.fromEntries(Object.entries(copy).filter(([word]) => !WORDS.includes(word)));
  if (to === Infinity) return from === -Infinity ? rest : { ...rest, minimum: from };
  return { enum: Array.from({ length: to - from + 1 }, (_, i) => from + i) };
}
