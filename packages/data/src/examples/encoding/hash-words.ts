/**
 * A 64-bit hash of words, as 16 hexadecimal digits: two multiplicative hashes, mixed after MurmurHash3. What `hashText`
 * is for texts, without making one.
 */
export function hashWords(arrays: readonly Int32Array[]): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (const words of arrays) {
    // The length tells [1], [2] from [1, 2], [].
    a = Math.imul(a ^ words.length, 0x9e3779b1);
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!;
      a = Math.imul(a ^ word, 0x9e3779b1);
      b = Math.imul(b ^ word ^ (a >>> 15), 0x5f356495);
    }
  }
  return hex(mix(a ^ (b >>> 3))) + hex(mix(b ^ (a << 5)));
}

function mix(x: number): number {
  const once = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}

const hex = (x: number) => x.toString(16).padStart(8, '0');
