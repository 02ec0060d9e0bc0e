import { TemplateError } from './values.js';

/** The limits of a rendering. */
export interface BudgetLimits {
  /** Nodes of the syntax tree that are evaluated, and items that are iterated. */
  readonly steps: number;
  /** Bytes of the texts and lists that are made or read through, all of them together. */
  readonly bytes: number;
  /** Characters of one text, in UTF-16 units: of the output, too. */
  readonly length: number;
  /** Macros that are called within each other. */
  readonly depth: number;
}

/** A template went beyond its budget. */
class BudgetError extends TemplateError {}

/** The longest text, in UTF-16 units. */
const LONGEST = 2 ** 24;

/** The budget of a rendering for its input: many times what templates of models need. */
function ownLimits(inputLength: number, sourceLength: number): Pick<BudgetLimits, 'steps' | 'bytes'> {
  return {
    steps: 20_000 + 50 * inputLength + sourceLength,
    bytes: 2 ** 18 + 64 * inputLength + 4 * sourceLength,
  };
}

/** The most that one rendering takes out of the reserve. */
const MOST_AT_ONCE = { steps: 1_000_000, bytes: 2 ** 24 };

/**
 * The reserve that the renderings of a template have beyond what their input calls for, all of them together: a template is
 * rendered several times for each row, and one that always stayed just within its budget would take hours.
 */
export class Reserve {
  private steps = 4_000_000;
  private bytes = 2 ** 26;

  /** The limits of the next rendering. @param sourceLength of the template. */
  limitsFor(inputLength: number, sourceLength: number): BudgetLimits {
    const own = ownLimits(inputLength, sourceLength);
    return {
      steps: own.steps + Math.min(this.steps, MOST_AT_ONCE.steps),
      bytes: own.bytes + Math.min(this.bytes, MOST_AT_ONCE.bytes),
      length: Math.max(LONGEST, 4 * inputLength),
      depth: 100,
    };
  }

  /** Takes out what a rendering used up beyond its own limits. */
  settle({ steps, bytes }: BudgetUse, inputLength: number, sourceLength: number): void {
    const own = ownLimits(inputLength, sourceLength);
    this.steps = Math.max(0, this.steps - Math.max(0, steps - own.steps));
    this.bytes = Math.max(0, this.bytes - Math.max(0, bytes - own.bytes));
  }
}

/** The steps and bytes that a rendering used up. */
export type BudgetUse = Pick<BudgetLimits, 'steps' | 'bytes'>;

/**
 * Counts what a rendering uses up while it runs, so that a hostile template ends with an error, not with the process:
 * whatever makes a text or a list asks here first.
 */
export class Budget {
  private steps = 0;
  private bytes = 0;
  private depth = 0;

  constructor(private readonly limits: BudgetLimits) {}

  /** So far. */
  get used(): BudgetUse {
    return { steps: this.steps, bytes: this.bytes };
  }

  /** One node, or one item, more. */
  step(count = 1): void {
    if ((this.steps += count) > this.limits.steps)
      throw new BudgetError(`it takes more than ${this.limits.steps} steps`);
  }

  private take(bytes: number): void {
    if ((this.bytes += bytes) > this.limits.bytes)
      throw new BudgetError(`it takes more than ${this.limits.bytes} bytes of memory`);
  }

  /** A text is made, or read through. @param length in UTF-16 units. */
  text(length: number): void {
    this.checkLength(length);
    this.step(length >>> 8);
    this.take(2 * length + 16);
  }

  /** Two texts are joined, which costs nothing until the result is read through. */
  join(length: number): void {
    this.checkLength(length);
    this.take(64);
  }

  /** A list is made. */
  list(length: number): void {
    this.take(16 * length + 32);
    this.step(length >>> 6);
  }

  /** A dictionary is made, which takes some space even if it is empty. */
  dict(size: number): void {
    this.list(16 + 4 * size);
  }

  /** One text is looked for in another, which may compare each character of the one with each of the other. */
  search(text: string, part: string): void {
    this.step(1 + Math.floor((text.length * part.length) / 512));
  }

  /** An integer is made, or divided. @param bits at most. */
  integer(bits: number): void {
    if (bits > 16_384) throw new BudgetError('it makes an integer of more than 16384 bits');
    this.step(bits >>> 6);
  }

  checkLength(length: number): void {
    if (length > this.limits.length)
      throw new BudgetError(`a text has ${length} characters: more than ${this.limits.length}`);
  }

  /** Runs the body of a macro. */
  nested<T>(run: () => T): T {
    if (++this.depth > this.limits.depth)
      throw new BudgetError(`macros call each other more than ${this.limits.depth} deep`);
    try {
      return run();
    } finally {
      this.depth--;
    }
  }
}
