/** A pair of tokens that may be merged next. */
export interface Candidate {
  readonly first: number;
  readonly second: number;
  /** Its place in the table of pairs. */
  readonly pair: number;
  /** How often the pair occurred when it was queued. */
  count: number;
  /** The words in which it may stand. */
  readonly words: readonly number[];
}

/** The more frequent pair is merged first; of equally frequent ones, the one with the lower ids. */
function isBefore(a: Candidate, b: Candidate): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return a.first !== b.first ? a.first < b.first : a.second < b.second;
}

/** A binary heap of candidates. */
export class MergeQueue {
  private readonly heap: Candidate[] = [];

  push(candidate: Candidate): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(candidate);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(candidate, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = candidate;
  }

  /** Takes out the candidate that comes first. */
  pop(): Candidate | undefined {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let at = 0;
    while (true) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
