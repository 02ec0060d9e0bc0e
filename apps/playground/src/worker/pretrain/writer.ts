import { AttuneError, type Backend } from '@attune/core';
import type { Tokenizer } from '@attune/data';
import { emptyPrompt, growingText, languageModelOf } from '@attune/runs';
import { allocateParameters, createGenerator, type Generator } from '@attune/train';
import type { BackendName, Report, WriteOptions } from '../../protocol.js';
import { openBackend } from '../host/backends.js';
import { nextTask } from '../host/next-task.js';
import { Pieces } from '../host/pieces.js';
import type { StoredRun } from './stored-run.js';

/** The model of a run's newest checkpoint, which continues texts. */
export class Writer {
  private constructor(
    private readonly backend: Backend,
    private readonly generator: Generator,
    private readonly tokenizer: Tokenizer,
  ) {}

  /** @throws AttuneError those of reading the run; BACKEND_UNAVAILABLE, OUT_OF_MEMORY. */
  static async open(run: StoredRun, backendName: BackendName): Promise<Writer> {
    const newest = await run.newest();
    if (!newest) throw new AttuneError('FILE_NOT_FOUND', 'The run has no checkpoint yet.');
    const { path, config, checkpoint } = newest;
    const model = languageModelOf(config, path);
    const tokenizer = await run.tokenizer();
    const backend = await openBackend(backendName);
    try {
      const state = await allocateParameters(backend, model, { tensors: checkpoint.parameters });
      return new Writer(backend, await createGenerator({ backend, model, state }), tokenizer);
    } catch (error) {
      await backend.dispose().catch(() => undefined);
      throw error;
    }
  }

  /**
   * Continues a text, until its end or until it is unwanted.
   *
   * @throws AttuneError INVALID_ARGUMENT, INVALID_CONFIG.
   */
  async continueText(
    { prompt, stop, ...options }: WriteOptions,
    report: (report: Report) => void,
    unwanted: () => boolean,
  ): Promise<void> {
    const { tokenizer, generator } = this;
    const ids = prompt === '' ? emptyPrompt(tokenizer) : [...tokenizer.encode(prompt)];
    const pieces = new Pieces((piece) => report({ kind: 'written', text: piece }));
    const text = growingText(tokenizer, {
      stop: stop === '' ? [] : [stop],
      before: ids,
      onText: (piece) => pieces.add(piece),
    });
    let ended = false;
    for await (const token of generator.generate(ids, options)) {
      ended = text.push(token);
      await nextTask();
      if (ended || unwanted()) break;
    }
    const { finishReason } = text.finish();
    pieces.flush();
    report({ kind: 'written', text: '', ended: !ended && unwanted() ? 'stopped' : finishReason });
  }

  async close(): Promise<void> {
    this.generator.dispose();
    // A device that was lost has nothing left to give back.
    await this.backend.dispose().catch(() => undefined);
  }
}
