/** What a file is written from. */
export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

/** A content piece by piece; a text as UTF-8. */
export async function* chunksOf(content: FileContent): AsyncGenerator<Uint8Array, void, undefined> {
  if (typeof content === 'string') yield new TextEncoder().encode(content);
  else if (content instanceof Uint8Array) yield content;
  else yield* content;
}

/** A JSON document as it is written: indented, ending in a line break. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
