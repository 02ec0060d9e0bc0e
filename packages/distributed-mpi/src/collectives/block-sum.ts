import type { Elements } from './blocks.js';

/** Adds `(0 + a) + b` to `target`, element by element: zero first, so that a sum of negative zeros is zero. */
function addFirst(target: Elements, a: Elements, b: Elements): void {
  for (let i = 0; i < target.length; i++) target[i] = 0 + a[i]! + b[i]!;
}

/** Adds `a + b` to `target`, element by element. */
function add(target: Elements, a: Elements, b: Elements): void {
  for (let i = 0; i < target.length; i++) target[i] = a[i]! + b[i]!;
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
    private readonly rank: number,
    private readonly size: number,
  ) {
    this.early.set(rank, { elements: own, release: () => undefined });
    if (size === 1) for (let i = 0; i < own.length; i++) own[i] = 0 + own[i]!;
    this.advance();
  }

  get done(): boolean {
    return this.next === this.size;
  }

  add(rank: number, elements: Elements, release: () => void): void {
    this.early.set(rank, { elements, release });
    this.advance();
  }

  private advance(): void {
    for (let term = this.early.get(this.next); term; term = this.early.get(this.next)) {
      this.early.delete(this.next);
      this.include(term);
      this.next++;
    }
  }

  private include(term: Term): void {
    const { total } = this;
    if (!total) {
      this.total = term;
      return;
    }
    // Up to the rank's own elements, sums are made in the memory of the first that came; from then on, in theirs.
    const [kept, used] = this.next === this.rank ? [term, total] : [total, term];
    const sum = this.next === 1 ? addFirst : add;
    sum(kept.elements, total.elements, term.elements);
    used.release();
    this.total = kept;
  }
}
