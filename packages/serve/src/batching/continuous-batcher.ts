import { AttuneError } from '@attune/core';
import { checkSampling, type Decoder } from '@attune/train';
import { breathe } from './breathe.js';
import type { Batcher, GeneratedToken, GenerationRequest } from './contract.js';
import type { DecoderLease } from './decoder-pool.js';
import { Job } from './job.js';
import { blockEnd, PROMPT_BLOCK } from './prompt-blocks.js';
import { Rows } from './rows.js';
import { Sequence } from './sequence.js';

/** Requests that may wait by default. */
export const DEFAULT_MAX_WAITING = 128;

/** Options of {@link createBatcher}. */
export interface BatcherOptions {
  /** The decoder, which is made when the first request comes. */
  readonly decoder: DecoderLease;
  readonly vocabSize: number;
  /** The decoder's. */
  readonly contextLength: number;
  /** Requests that may wait for a row. Default 128. */
  readonly maxWaiting?: number;
}

/** A decoder in use, and its rows. */
interface Engaged {
  readonly decoder: Decoder;
  readonly rows: Rows;
}

class ContinuousBatcher implements Batcher {
  failure: Error | undefined;
  private queue: (Sequence | Job)[] = [];
  /** Those that have a row, the one whose turn to be read is next first. */
  private active: Sequence[] = [];
  private engaged: Engaged | undefined;
  /** The decoder that was in use last: when it comes back, its rows hold what they held. */
  private known: Engaged | undefined;
  private loop: Promise<void> = Promise.resolve();
  private looping = false;
  private closed = false;
  private readonly maxWaiting: number;

  constructor(private readonly options: BatcherOptions) {
    this.maxWaiting = options.maxWaiting ?? DEFAULT_MAX_WAITING;
  }

  get contextLength(): number {
    return this.options.contextLength;
  }

  get waiting(): number {
    return this.queue.length;
  }

  get running(): number {
    return this.active.length;
  }

  submit(request: GenerationRequest): AsyncIterableIterator<GeneratedToken> {
    try {
      this.checkRequest(request);
      this.checkOpen();
    } catch (error) {
      request.constraint?.dispose();
      throw error;
    }
    const sequence = new Sequence(request, this.contextLength, (ended) => this.remove(ended));
    if (!sequence.ended) this.enqueue(sequence);
    return sequence.stream;
  }

  async exclusive<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    this.checkOpen();
    return new Promise<T>((resolve, reject) => {
      const act = () => work().then(resolve, reject);
      this.enqueue(new Job(signal, act, reject, (ended) => this.remove(ended)));
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    this.endAll(new AttuneError('INTERRUPTED', 'The model is no longer served.'));
    await this.loop;
    this.options.decoder.give();
  }

  private checkRequest({ prompt, sampling }: GenerationRequest): void {
    const { vocabSize, contextLength } = this.options;
    checkSampling(sampling);
    if (prompt.length === 0)
      throw new AttuneError('DATA_TOO_SHORT', 'A prompt must have at least one token.');
    const foreign = prompt.find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabSize));
    if (foreign !== undefined) {
      const message = `Token ${foreign} of the prompt is not in [0, ${vocabSize}).`;
      throw new AttuneError('TOKEN_OUT_OF_RANGE', message);
    }
    if (prompt.length < contextLength) return;
    throw new AttuneError(
      'CONTEXT_EXCEEDED',
      `The prompt has ${prompt.length} tokens, and the model's context ${contextLength}, of which the answer takes at least one.`,
      { fix: 'Shorten the prompt.', data: { tokens: prompt.length, contextLength } },
    );
  }

  /** @throws AttuneError unless there is room for one more. */
  private checkOpen(): void {
    if (this.failure) throw this.failure;
    if (this.closed) throw new AttuneError('DISPOSED', 'The model is no longer served.');
    if (this.queue.length < this.maxWaiting) return;
    throw new AttuneError('QUEUE_FULL', `${this.queue.length} requests wait already.`, {
      fix: 'Ask again in a moment.',
      data: { waiting: this.queue.length },
    });
  }

  private enqueue(entry: Sequence | Job): void {
    if (entry.ended) return;
    this.queue.push(entry);
    if (this.looping) return;
    this.looping = true;
    this.loop = this.run();
  }

  private remove(entry: Sequence | Job): void {
    this.queue = this.queue.filter((other) => other !== entry);
    this.active = this.active.filter((other) => other !== entry);
    if (entry instanceof Sequence && entry.row !== undefined) {
      this.engaged?.rows.give(entry.row, entry.prompt, entry.read);
    }
  }

  private endAll(error: Error): void {
    for (const entry of [...this.queue, ...this.active]) entry.fail(error);
  }

  private async run(): Promise<void> {
    try {
      for (;;) {
        await breathe();
        const next = this.queue[0];
        if (!next && this.active.length === 0) break;
        if (next instanceof Job) await next.run();
        else if (next && !this.engaged) await this.engage();
        if (this.engaged) await this.step(this.engaged);
      }
    } catch (error) {
      // A decoder that could not be made may be made another time.
      if (this.engaged) this.failure = error as Error;
      this.endAll(error as Error);
    } finally {
      this.looping = false;
      this.engaged = undefined;
      this.options.decoder.rest();
    }
  }

  private async engage(): Promise<void> {
    const decoder = await this.options.decoder.take();
    if (this.known?.decoder !== decoder) this.known = { decoder, rows: new Rows(decoder.rows) };
    this.engaged = this.known;
  }

  /** Gives free rows to those that wait, in their order. Other work stands in the way of what comes after it. */
  private admit({ decoder, rows }: Engaged): void {
    while (this.queue[0] instanceof Sequence) {
      const sequence = this.queue[0];
      const taken = rows.take(sequence.tokens);
      if (!taken) return;
      this.queue.shift();
      decoder.forget(taken.row, taken.reused);
      sequence.row = taken.row;
      sequence.read = taken.reused;
      this.active.push(sequence);
    }
  }

  private async step(engaged: Engaged): Promise<void> {
    const { decoder } = this.options;
    if (!decoder.wanted) this.admit(engaged);
    else if (this.active.length === 0) {
      this.engaged = undefined;
      decoder.give();
    }
    const texts = this.turn();
    if (texts.length === 0) return;
    const logits = await engaged.decoder.next(
      texts.map(({ sequence, length }) => ({
        row: sequence.row!,
        tokens: sequence.tokens.slice(0, length),
      })),
    );
    const drawing: Promise<void>[] = [];
    for (const [i, { sequence, length }] of texts.entries()) {
      if (sequence.ended) continue;
      sequence.read = length;
      const drawn = length === sequence.tokens.length ? sequence.draw(logits[i]!) : undefined;
      if (drawn) drawing.push(drawn);
    }
    // Constraints, each in a thread of its own, find out at the same time what may follow.
    if (drawing.length > 0) await Promise.all(drawing);
  }

  /** The texts that take part in the next step: all that grow, and as many prompts as there is time for. */
  private turn(): { readonly sequence: Sequence; readonly length: number }[] {
    const turn: { readonly sequence: Sequence; readonly length: number }[] = [];
    const later: Sequence[] = [];
    let spent = 0;
    const reading: Sequence[] = [];
    for (const sequence of this.active) {
      const left = sequence.tokens.length - sequence.read;
      const count = blockEnd(sequence.read, sequence.tokens.length) - sequence.read;
      if (left > 1 && spent > 0 && spent + count > PROMPT_BLOCK) {
        later.push(sequence);
        continue;
      }
      if (left > 1) spent += count;
      turn.push({ sequence, length: sequence.read + count });
      reading.push(sequence);
    }
    // Those that were not read are first the next time.
    this.active = [...later, ...reading];
    return turn;
  }
}

/** Makes a {@link Batcher}. What it needs on the device is made when the first request comes. */
export function createBatcher(options: BatcherOptions): Batcher {
  return new ContinuousBatcher(options);
}
