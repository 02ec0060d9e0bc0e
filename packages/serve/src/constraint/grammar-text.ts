import { AttuneError } from '@attune/core';
import type { TokenConstraint } from '../batching/contract.js';
import type { Grammar } from './grammar.js';
import { continuationOf } from './vocabulary.js';

const isSet = (mask: Int32Array, id: number) => ((mask[id >> 5]! >> (id & 31)) & 1) === 1;

/** A text that grows by the rules of a grammar. */
export class GrammarText implements TokenConstraint {
  private disposed = false;
  /** The bytes that the next token may begin with, where a character is begun. */
  private continuation: readonly [number, number] | undefined;

  /**
   * @param mask what may come first.
   * @param endTokens tokens that end a text: they are allowed where it is complete, and nowhere else.
   */
  constructor(
    private readonly grammar: Grammar,
    private readonly id: number,
    private mask: Int32Array,
    private readonly endTokens: readonly number[],
  ) {}

  private get vocabSize(): number {
    return this.grammar.vocabulary.tokens.length;
  }

  private get complete(): boolean {
    return isSet(this.mask, this.vocabSize);
  }

  /** True where the text is complete, and cannot go on, or nothing would say that it does not. */
  get finished(): boolean {
    if (!this.complete) return false;
    if (this.endTokens.length === 0) return true;
    for (let id = 0; id < this.vocabSize; id++) {
      if (isSet(this.mask, id) && !this.endTokens.includes(id)) return false;
    }
    return true;
  }

  restrict(logits: Float32Array): void {
    const { mask } = this;
    let allowed = 0;
    const ends = this.endTokens.map((id) => [id, logits[id]!] as const);
    for (const [id] of ends) logits[id] = -Infinity;
    for (let id = 0; id < logits.length; id++) {
      if (!isSet(mask, id) || !this.continues(id)) logits[id] = -Infinity;
      else if (logits[id]! > -Infinity) allowed++;
    }
    if (this.complete) for (const [id, logit] of ends) logits[id] = logit;
    if (allowed > 0 || this.complete) return;
    throw new AttuneError(
      'INVALID_ARGUMENT',
      'The vocabulary of the model lacks what the schema asks for next.',
      {
        fix: 'Use a model whose tokenizer has all characters of JSON, and of the names in the schema.',
      },
    );
  }

  private continues(id: number): boolean {
    if (!this.continuation) return true;
    const [from, to] = this.continuation;
    const first = this.grammar.vocabulary.first[id]!;
    return first >= from && first <= to;
  }

  async accept(token: number): Promise<void> {
    this.continuation = continuationOf(this.grammar.vocabulary.last[token]!);
    this.mask = await this.grammar.accept(this.id, token);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.grammar.close(this.id);
  }
}
