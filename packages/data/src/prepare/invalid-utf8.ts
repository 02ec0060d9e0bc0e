/** Where the first byte that is not UTF-8 stands, or −1. The table is that of RFC 3629. */
export function invalidUtf8At(bytes: Uint8Array): number {
  let i = 0;
  while (i < bytes.length) {
    const size = sequenceAt(bytes, i);
    if (size === 0) return i;
    i += size;
  }
  return -1;
}

/** Bytes of the character that begins at `i`, or 0 if none does. */
function sequenceAt(bytes: Uint8Array, i: number): number {
  const lead = bytes[i]!;
  if (lead < 0x80) return 1;
  const size =
    lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (size === 0) return 0;
  // The second byte rules out overlong forms, surrogates and what is above U+10FFFF.
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let k = 1; k < size; k++) {
    const byte = bytes[i + k];
    const [from, to] = k === 1 ? [lowest, highest] : [0x80, 0xbf];
    if (byte === undefined || byte < from || byte > to) return 0;
  }
  return size;
}
