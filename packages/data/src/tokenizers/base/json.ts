/** An object of a JSON file. */
export type Json = Readonly<Record<string, unknown>>;

/** The value, if it is an object or a list; else an empty object. */
export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

/** The value, if it is a list; else an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
