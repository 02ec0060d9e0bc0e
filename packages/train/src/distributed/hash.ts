/**
 * A number that differs, most likely, for different bytes: 32 bits, made of four bytes at a time. Not for safety.
 *
 * Source: Fowler, Noll and Vo, FNV-1a, over words in place of bytes, with the finishing steps of MurmurHash3.
 */
export function hashBytes(bytes: Uint8Array): number {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Int32Array(whole.buffer, whole.byteOffset, whole.length >> 2);
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < words.length; i++) hash = Math.imul((hash ^ words[i]!) | 0, 0x01000193) ^ (hash >>> 15);
  for (let i = words.length * 4; i < whole.length; i++) hash = Math.imul(hash ^ whole[i]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
