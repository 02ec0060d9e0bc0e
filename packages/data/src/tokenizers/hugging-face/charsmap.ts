/**
 * A normalisation table of SentencePiece's: the replacement of the beginning of a text, or `undefined` where there is
 * none.
 */
export type Charsmap = (text: string) => string | undefined;

const UNIT_BYTES = 4;

/** Longest text that stands for a character: NFKC has none beyond 33 bytes. */
const MAX_TEXT_BYTES = 256;

/**
 * Reads a `precompiled_charsmap`: the size of a trie in bytes, its units (a double array as darts-clone writes it), and
 * the texts it leads to, each ended by a zero.
 *
 * As in Hugging Face's `spm_precompiled`, the shortest entry that a text begins with is taken, not the longest.
 *
 * @throws Error if the bytes are something else; the returned function, where the trie leads out of the table.
 */
export function readCharsmap(bytes: Uint8Array): Charsmap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const trieBytes = bytes.length < UNIT_BYTES ? 0 : view.getUint32(0, true);
  const isWhole = trieBytes > 0 && trieBytes % UNIT_BYTES === 0 && trieBytes <= bytes.length - UNIT_BYTES;
  if (!isWhole) throw new Error(`its charsmap of ${bytes.length} bytes has no whole trie`);
  const units = trieBytes / UNIT_BYTES;
  const texts = bytes.subarray(UNIT_BYTES + trieBytes);
  utf8(texts);

  const encoder = new TextEncoder();
  const read = new Map<number, string>();

  function unitAt(node: number): number {
    if (node >= units) throw new Error(`the trie of its charsmap leads to unit ${node} of ${units}`);
    return view.getUint32(UNIT_BYTES + node * UNIT_BYTES, true);
  }

  function textAt(begin: number): string {
    const known = read.get(begin);
    if (known !== undefined) return known;
    if (begin > texts.length) throw new Error(`its charsmap leads to text ${begin} of ${texts.length} bytes`);
    const end = texts.indexOf(0, begin);
    const bytes = texts.subarray(begin, end < 0 ? texts.length : end);
    if (bytes.length > MAX_TEXT_BYTES) throw new Error(`its charsmap has a text of ${bytes.length} bytes`);
    const text = utf8(bytes);
    read.set(begin, text);
    return text;
  }

  return (text) => {
    let node = offsetOf(unitAt(0));
    for (const byte of encoder.encode(text)) {
      if (byte === 0) return undefined;
      node ^= byte;
      const unit = unitAt(node);
      if (labelOf(unit) !== byte) return undefined;
      node ^= offsetOf(unit);
      if (hasLeaf(unit)) return textAt(valueOf(unitAt(node)));
    }
    return undefined;
  };
}

/** The byte that leads to a unit; never one where the unit is a leaf, whose first bit is set. */
function labelOf(unit: number): number {
  return (unit & 0x800000ff) >>> 0;
}

function hasLeaf(unit: number): boolean {
  return ((unit >>> 8) & 1) === 1;
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

function valueOf(unit: number): number {
  return unit & 0x7fffffff;
}

/** @throws Error unless the bytes are UTF-8. */
function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Error('its charsmap has a text that is not UTF-8', { cause });
  }
}
