/**
 * A value from a file, for a message. Not `String(value)`: a document may hold an object whose `toString` is no function,
 * and JSON has no form for what is infinite, missing, or holds itself.
 */
export function shownValue(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  }
  try {
    return JSON.stringify(value);
  } catch {
    return 'a value that cannot be written out';
  }
}
