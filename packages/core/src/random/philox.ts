const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // Each partial product, with what is carried into it, is below 2³².
  const middle1 = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const middle2 = (Math.imul(aLow, bHigh) >>> 0) + (middle1 & 0xffff);
  return (Math.imul(aHigh, bHigh) + (middle1 >>> 16) + (middle2 >>> 16)) >>> 0;
}

/**
 * Philox4x32-10: four random words from a counter and a key, with no state in between, so that any element of a
 * random tensor can be computed alone and every backend computes the same one.
 *
 * Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). Tested against the known answers
 * published with it.
 *
 * @param counter four unsigned 32-bit words: which numbers.
 * @param key two unsigned 32-bit words: which sequence.
 * @param out receives four unsigned 32-bit words.
 */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array,
): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}
