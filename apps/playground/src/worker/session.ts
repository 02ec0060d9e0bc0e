import { AttuneError, type Backend } from '@attune/core';
import {
  streamDecoder,
  tokenDataset,
  tokenizerFiles,
  type TokenDataset,
  type TokenFolder,
  type Tokenizer,
} from '@attune/data';
import { adamW, cosine, crossEntropy, gpt2, type Gpt2Model } from '@attune/nn';
import { createGenerator, Trainer, type Generator } from '@attune/train';
import type { BackendName, Report, WriteOptions } from '../protocol.js';
import { runConfig } from '../settings.js';
import { openBackend } from './backends.js';
import type { LogLine } from './run-log.js';
import type { RunStore } from './run-store.js';
import { SavePace } from './save-pace.js';
import { untilStop } from './stop-text.js';

const VERSION = '0.1.0';

/** Lets the worker hear what the page has to say: engines may compute for long without giving way. */
const nextTask = () =>
  new Promise<void>((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });

/** The parts of a session. */
interface Parts {
  readonly store: RunStore;
  readonly backend: Backend;
  readonly data: TokenFolder;
  readonly tokenizer: Tokenizer;
  readonly model: Gpt2Model;
  readonly trainer: Trainer;
  readonly val: TokenDataset;
  readonly log: LogLine[];
  readonly report: (report: Report) => void;
}

/** A run in progress: trains until it is told to stop, or is at its end. */
export class Session {
  /** Set from outside, seen after the step in progress. */
  pausing = false;
  saving = false;
  private readonly pace = new SavePace(() => performance.now());
  private savedStep: number;
  private sample = '';
  private generator?: Promise<Generator>;
  private readonly config: ReturnType<typeof runConfig>;

  private constructor(private readonly parts: Parts) {
    this.config = runConfig(parts.store.description.settings);
    this.savedStep = parts.log.at(-1)?.step ?? -1;
  }

  /** Opens a run where its newest checkpoint left it, or at its begin. */
  static async open(
    store: RunStore,
    backendName: BackendName,
    report: (report: Report) => void,
  ): Promise<Session> {
    const config = runConfig(store.description.settings);
    const { learningRate: peak, minLr: min, warmupIters, lrDecayIters: decayIters } = config;
    const { beta1, beta2, weightDecay, gradClip, seed, batchSize, blockSize } = config;
    const data = await store.openData();
    const { vocabSize } = data.meta;
    const backend = await openBackend(backendName);
    try {
      const { nLayer, nHead, nEmbd, bias, activation, dropout } = config;
      const model = gpt2({ vocabSize, blockSize, nLayer, nHead, nEmbd, bias, activation, dropout });
      const sizes = { batchSize, blockSize, seed, vocabSize };
      const trainer = new Trainer({
        backend,
        model: model.train(),
        loss: crossEntropy(),
        optimizer: adamW({
          learningRate: cosine({ peak, min, warmupIters, decayIters }),
          beta1,
          beta2,
          weightDecay,
        }),
        data: tokenDataset(data.train, sizes),
        gradClip,
        seed,
      });
      const damaged: unknown[] = [];
      const latest = await store.latestCheckpoint((error) => damaged.push(error));
      if (latest) await trainer.restore(latest.checkpoint);
      for (const error of damaged) {
        report({ kind: 'note', message: `A newer checkpoint was passed over: ${messageOf(error)}` });
      }
      const step = latest?.checkpoint.step ?? 0;
      report({ kind: 'running', device: backend.device.description });
      return new Session({
        store,
        backend,
        data,
        tokenizer: data.tokenizer!,
        model,
        trainer,
        val: tokenDataset(data.val!, sizes),
        log: await store.log(step),
        report,
      });
    } catch (error) {
      await backend.dispose();
      await data.close();
      throw error;
    }
  }

  /** Trains. Resolves when the run is paused or at its end, and saved. */
  async run(): Promise<'paused' | 'finished'> {
    const { backend, trainer, log, report } = this.parts;
    const { maxIters, evalInterval, checkpointInterval } = this.config;
    for await (const metrics of trainer.fit({ maxIters })) {
      log.push(metrics);
      report({ kind: 'step', metrics, device: backend.device.description });
      const { step } = metrics;
      const evaluates = step % evalInterval === 0 || step === maxIters;
      if (evaluates) await this.evaluate(step);
      // A tab may be killed at any time, and then says nothing.
      if (evaluates || step % checkpointInterval === 0 || this.saving || this.pace.isDue()) await this.save();
      await nextTask();
      if (this.pausing) break;
    }
    await this.save();
    return this.pausing ? 'paused' : 'finished';
  }

  private async evaluate(step: number): Promise<void> {
    const { trainer, val, log, report } = this.parts;
    // The same batches each time, so that evaluations can be compared.
    val.restore({ ...val.state(), position: 0 });
    const { loss: valLoss } = await trainer.evaluate(val, this.config.evalIters);
    log[log.length - 1] = { ...log.at(-1)!, valLoss };
    report({ kind: 'evaluated', evaluation: { step, valLoss } });
    await this.write();
  }

  /** Draws a sample from the model as it stands. */
  private async write(): Promise<void> {
    const { report } = this.parts;
    const { sampleTokens: maxNewTokens, seed } = this.config;
    if (maxNewTokens === 0) return;
    let text = '';
    for await (text of this.draw({ prompt: '', temperature: 0.8, maxNewTokens, seed })) {
      report({ kind: 'sample', text });
      await nextTask();
      if (this.pausing) break;
    }
    this.sample = text.trim();
    report({ kind: 'sample', text: this.sample });
  }

  /** Continues a text, until its end or until it is unwanted. @throws AttuneError INVALID_ARGUMENT, INVALID_CONFIG. */
  async continueText({ stop, ...options }: WriteOptions, unwanted: () => boolean): Promise<void> {
    const { report } = this.parts;
    let written = { text: '', stopped: false };
    for await (const text of this.draw(options)) {
      written = untilStop(text, stop);
      report({ kind: 'written', text: written.text });
      await nextTask();
      if (written.stopped || unwanted()) break;
    }
    const ended = written.stopped ? 'stop' : unwanted() ? 'stopped' : 'length';
    report({ kind: 'written', text: written.text, ended });
  }

  /** The continuation of a prompt, longer each time. */
  private async *draw({ prompt, ...options }: Omit<WriteOptions, 'stop'>): AsyncGenerator<string> {
    const { backend, model, trainer, tokenizer } = this.parts;
    const ids = prompt === '' ? beginning(tokenizer) : [...tokenizer.encode(prompt)];
    this.generator ??= trainer
      .parameters()
      .then((state) => createGenerator({ backend, model, state, contextLength: model.config.blockSize }));
    const decoder = streamDecoder(tokenizer);
    let text = '';
    for await (const token of (await this.generator).generate(ids, options)) {
      text += decoder.push(token);
      yield text;
    }
    yield text + decoder.end();
  }

  private async save(): Promise<void> {
    this.saving = false;
    const { store, backend, data, model, trainer, tokenizer, log, report } = this.parts;
    if (log.at(-1)?.step === this.savedStep) return;
    this.pace.begin();
    const checkpoint = await trainer.checkpoint();
    if (checkpoint.step === this.savedStep) return;
    const { vocabSize } = data.meta;
    await store.save(
      {
        checkpoint,
        config: model.config,
        files: await tokenizerFiles(tokenizer, vocabSize),
        // As the command line writes it, which can go on from here.
        run: {
          config: this.config,
          backend: backend.name,
          data: { train: data.train.fingerprint, val: data.val!.fingerprint },
          progress: {
            last: log.at(-1) ?? null,
            evaluationDue: false,
            best: null,
            earlyStopping: { best: null, waited: 0 },
          },
          sample: this.sample,
        },
        versions: { attune: VERSION },
      },
      log,
    );
    this.savedStep = checkpoint.step;
    report({ kind: 'saved', step: checkpoint.step, seconds: this.pace.end() });
  }

  async close(): Promise<void> {
    const { trainer, backend, data } = this.parts;
    // A device that was lost has nothing left to give back.
    await Promise.allSettled([this.generator?.then((generator) => generator.dispose()), trainer.dispose()]);
    await backend.dispose().catch(() => undefined);
    await data.close();
  }
}

/** Where a text without a prompt begins: at a new line, or at the first token if there is none. */
function beginning(tokenizer: Tokenizer): readonly number[] {
  try {
    return Array.from<number>(tokenizer.encode('\n'));
  } catch {
    return [0];
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AttuneError) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
