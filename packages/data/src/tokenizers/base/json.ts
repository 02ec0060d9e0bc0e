/** An object of a JSON file. */
export type Json = Readonly<Record<string, unknown>>;

/** The value, if it is an object. */
export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

/** The value, if it is a list. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
