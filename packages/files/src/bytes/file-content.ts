/** The contents of a file to be written. */
export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

/** A content piece by piece; a text as UTF-8. */
export async function* chunksOf(content: FileContent): AsyncGenerator<Uint8Array, void, undefined> {
  if (typeof content === 'string') yield new TextEncoder().encode(content);
  else if (content instanceof Uint8Array) yield content;
  else yield* content;
}

/** A content piece by piece, whose bytes are counted as they pass. */
export async function* counted(
  content: FileContent,
  add: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunksOf(content)) {
    add(chunk.byteLength);
    yield chunk;
  }
}

/** A copy of all bytes of a content. */
export async function bytesOf(content: FileContent): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  // The pieces of a generator may be one array that is filled again and again.
  for await (const chunk of chunksOf(content)) chunks.push(chunk.slice());
  return joined(chunks);
}

/** Pieces one after the other. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((size, { byteLength }) => size + byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/** A JSON document as it is written: indented, ending in a line break. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
