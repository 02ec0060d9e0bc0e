/**
 * The length that rows of up to `length` tokens are padded to: the next of 8, 12, 16, 24, 32, 48, 64, …, but at most
 * `cap`. A program is compiled for each length, so that there should be few of them; a third is padded at most.
 */
export function bucketOf(length: number, cap: number): number {
  let bucket = 8;
  while (bucket < length) bucket = Number.isInteger(Math.log2(bucket)) ? bucket * 1.5 : (bucket / 3) * 4;
  return Math.min(bucket, Math.max(cap, 1));
}
