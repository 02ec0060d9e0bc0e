/** An object of a JSON document of a stranger's. */
export type Json = Readonly<Record<string, unknown>>;

/** A value as an object; an empty one if it is none. */
export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** A value as a list; an empty one if it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
