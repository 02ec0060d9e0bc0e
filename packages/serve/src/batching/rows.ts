import { PROMPT_BLOCK, reusable, widelyRead } from './prompt-blocks.js';

interface Row {
  /** Tokens that it holds as another prompt would hold them, too. */
  held: readonly number[];
  /** Larger for one that was used later. */
  used: number;
  free: boolean;
}

/** A row for a prompt, which holds some of its first tokens already. */
export interface TakenRow {
  readonly row: number;
  readonly reused: number;
}

/** The rows of a decoder, and the prompts that they hold from requests before. */
export class Rows {
  private readonly rows: Row[];
  private time = 0;

  constructor(count: number) {
    this.rows = Array.from({ length: count }, () => ({ held: [], used: 0, free: true }));
  }

  /** Takes the free row that has most in common with a prompt; of equal ones that which was used longest ago. */
  take(prompt: readonly number[]): TakenRow | undefined {
    let best: TakenRow | undefined;
    for (const [row, { held, used, free }] of this.rows.entries()) {
      if (!free) continue;
      const reused = reusable(prompt, held);
      const better = !best || reused > best.reused;
      if (better || (reused === best!.reused && used < this.rows[best!.row]!.used)) best = { row, reused };
    }
    if (best) Object.assign(this.rows[best.row]!, { free: false, used: ++this.time });
    return best;
  }

  /** Gives a row back. @param read tokens of the prompt that were read. */
  give(row: number, prompt: readonly number[], read: number): void {
    const whole = read < prompt.length ? read - (read % PROMPT_BLOCK) : widelyRead(prompt.length);
    Object.assign(this.rows[row]!, { free: true, held: prompt.slice(0, whole) });
  }
}
