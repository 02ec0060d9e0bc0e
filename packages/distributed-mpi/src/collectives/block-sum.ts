import type { Transport } from '../transport/transport.js';
import type { Elements } from './blocks.js';

/** Adds in JavaScript, where nothing faster is there. */
function addInLoop(terms: Elements, target: Elements): void {
  for (let i = 0; i < target.length; i++) target[i] = terms[i]! + target[i]!;
}

const zeros = { 4: new Float32Array(0), 8: new Float64Array(0) };

/** As many zeros as an array has elements, in its type. */
function zerosLike({ BYTES_PER_ELEMENT, length }: Elements): Elements {
  const bytes = BYTES_PER_ELEMENT === 8 ? 8 : 4;
  if (zeros[bytes].length < length) {
    zeros[4] = new Float32Array(length);
    zeros[8] = new Float64Array(length);
  }
  return zeros[bytes].subarray(0, length);
}

/** One rank's elements of a block, and what happens with their memory when they are summed. */
interface Term {
  readonly elements: Elements;
  readonly release: () => void;
}

/**
 * The sum of a block over all ranks, in their order, whatever the order in which they come. It is made in the memory of the
 * rank's own elements. Sums of two numbers are rounded to the type of the elements, each by itself.
 */
export class BlockSum {
  private readonly early = new Map<number, Term>();
  private total?: Term;
  private next = 0;

  constructor(
    own: Elements,
    private readonly transport: Pick<Transport, 'rank' | 'size' | 'add'>,
  ) {
    const { rank, size } = transport;
    this.early.set(rank, { elements: own, release: () => undefined });
    if (size === 1) this.add(zerosLike(own), own);
    this.advance();
  }

  get done(): boolean {
    return this.next === this.transport.size;
  }

  include(rank: number, elements: Elements, release: () => void): void {
    this.early.set(rank, { elements, release });
    this.advance();
  }

  private advance(): void {
    for (let term = this.early.get(this.next); term; term = this.early.get(this.next)) {
      this.early.delete(this.next);
      this.addNext(term);
      this.next++;
    }
  }

  private addNext(term: Term): void {
    const { total } = this;
    if (!total) {
      this.total = term;
      return;
    }
    // Up to the rank's own elements, sums are made in the memory of the first that came; from then on, in theirs.
    const [kept, used] = this.next === this.transport.rank ? [term, total] : [total, term];
    this.add(used.elements, kept.elements);
    // The sum begins with zero: that of negative zeros is zero, and of all other numbers the same as without it.
    if (this.next === 1) this.add(zerosLike(kept.elements), kept.elements);
    used.release();
    this.total = kept;
  }

  private add(terms: Elements, target: Elements): void {
    const add = (this.transport.add ?? addInLoop) as typeof addInLoop;
    add(terms, target);
  }
}
