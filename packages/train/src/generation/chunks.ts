/** The most tokens that are read in one run. */
const LARGEST_CHUNK = 256;

/** The fewest that a program for several tokens takes. */
const SMALLEST_CHUNK = 8;

/** Some of a sequence's tokens, which a program for `size` of them reads. */
export interface Chunk {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

const powerOfTwo = (count: number) => 2 ** Math.ceil(Math.log2(count));

/**
 * The size of a program for so many rows or tokens: a power of two, or the most that there are. A few programs serve all
 * numbers, at most half of each idle.
 */
export function bucketOf(count: number, most: number): number {
  return Math.min(powerOfTwo(count), most);
}

/** How the tokens from one position to another are read: in chunks of 256, and what is left in one of a power of two. */
export function chunksOf(start: number, end: number, contextLength: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let from = start; from < end; from += LARGEST_CHUNK) {
    const to = Math.min(from + LARGEST_CHUNK, end);
    chunks.push({ from, to, size: bucketOf(Math.max(to - from, SMALLEST_CHUNK), contextLength) });
  }
  return chunks;
}
