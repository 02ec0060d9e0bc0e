/** A token file as llm.c's `write_datafile` makes it: 256 int32 of header, then the tokens. */
export function llmcFile(
  tokens: readonly number[],
  {
    magic = 20240520,
    version = 1,
    count = tokens.length,
    array = Uint16Array.from(tokens) as Uint16Array | Uint32Array,
  } = {},
): Uint8Array {
  const header = new Int32Array(256);
  header.set([magic, version, count]);
  const bytes = new Uint8Array(1024 + array.byteLength);
  bytes.set(new Uint8Array(header.buffer));
  bytes.set(new Uint8Array(array.buffer), 1024);
  return bytes;
}
