import { AttuneError } from '@attune/core';
import { checkSampling, type Decoder } from '@attune/train';
import type { Batcher, GeneratedToken, GenerationRequest } from './contract.js';
import { Job } from './job.js';
import { Sequence } from './sequence.js';

/** Tokens of prompts that are read in one step, so that others take turns: what a decoder reads in one run. */
const PROMPT_TOKENS = 256;

/** Requests that may wait by default. */
export const DEFAULT_MAX_WAITING = 128;

/** Options of {@link createBatcher}. */
export interface BatcherOptions {
  /** Makes the decoder, when the first request comes. It is the batcher's. */
  readonly decoder: () => Promise<Decoder>;
  readonly vocabSize: number;
  /** The decoder's. */
  readonly contextLength: number;
  /** Requests that may wait for a row. Default 128. */
  readonly maxWaiting?: number;
}

/** Lets events in before the next step: of an engine that computes on the thread of its caller, nothing else does. */
const breathe = () => new Promise<void>((resolve) => setImmediate(resolve));

class ContinuousBatcher implements Batcher {
  failure: Error | undefined;
  private queue: (Sequence | Job)[] = [];
  /** Those that have a row, the one whose turn to be read is next first. */
  private active: Sequence[] = [];
  private decoder: Decoder | undefined;
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
    this.decoder?.dispose();
    this.decoder = undefined;
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
  }

  private endAll(error: Error): void {
    for (const entry of [...this.queue, ...this.active]) entry.fail(error);
  }

  private async run(): Promise<void> {
    try {
      for (;;) {
        await breathe();
        if (this.queue.length === 0 && this.active.length === 0) return;
        const next = this.queue[0];
        if (next instanceof Job) await next.run();
        else this.decoder ??= await this.options.decoder();
        if (this.decoder) {
          this.admit(this.decoder);
          await this.step(this.decoder);
        }
      }
    } catch (error) {
      // A decoder that could not be made may be made another time.
      if (this.decoder) this.failure = error as Error;
      this.endAll(error as Error);
    } finally {
      this.looping = false;
    }
  }

  /** Gives free rows to those that wait, in their order. Other work stands in the way of what comes after it. */
  private admit(decoder: Decoder): void {
    while (this.active.length < decoder.rows && this.queue[0] instanceof Sequence) {
      const sequence = this.queue.shift() as Sequence;
      const taken = new Set(this.active.map(({ row }) => row));
      let row = 0;
      while (taken.has(row)) row++;
      decoder.forget(row);
      sequence.row = row;
      this.active.push(sequence);
    }
  }

  private async step(decoder: Decoder): Promise<void> {
    const texts = this.turn();
    if (texts.length === 0) return;
    const logits = await decoder.next(
      texts.map(({ sequence, length }) => ({
        row: sequence.row!,
        tokens: sequence.tokens.slice(0, length),
      })),
    );
    for (const [i, { sequence, length }] of texts.entries()) {
      sequence.read = length;
      if (!sequence.ended && length === sequence.tokens.length) sequence.draw(logits[i]!);
    }
  }

  /** The texts that take part in the next step: all that grow, and as many prompts as there is time for. */
  private turn(): { readonly sequence: Sequence; readonly length: number }[] {
    const turn: { readonly sequence: Sequence; readonly length: number }[] = [];
    const later: Sequence[] = [];
    let spent = 0;
    const reading: Sequence[] = [];
    for (const sequence of this.active) {
      const left = sequence.tokens.length - sequence.read;
      const count = Math.min(left, PROMPT_TOKENS);
      if (left > 1 && spent > 0 && spent + count > PROMPT_TOKENS) {
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
