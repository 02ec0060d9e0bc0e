import { isAttuneError, type StepMetrics } from '@attune/core';
import type {
  ObservedStep,
  RunBeginning,
  RunObserver,
  RunSummary,
  TrainingCommand,
  TrainingRow,
} from '@attune/runs';
import { visibleText } from '../page/escape.js';
import { CurveHistory, type MemoryUse } from './curve-history.js';
import { KeptSamples } from './kept-samples.js';
import type { LiveInfo, LiveRow, LiveState } from './messages.js';
import { RunWarnings } from './run-warnings.js';

/** Where a live run learns what its observer is not told. */
export interface LiveRunOptions {
  readonly command: TrainingCommand;
  /** The memory of the process. */
  readonly processBytes?: () => number;
  /** The steps that the log of a run tells of, which it has been through before. */
  readonly earlier?: (path: string) => AsyncIterable<StepMetrics>;
}

/** Memory is looked at so often, in milliseconds: reading it takes longer than adding to a curve. */
const MEMORY_INTERVAL = 250;

/** Characters of a sample that is being drawn. */
const MAX_DRAWING = 8000;

/** Rows that are shown, and tokens of each. */
const [ROWS, ROW_TOKENS] = [8, 1024];

const TELLING: Readonly<Record<string, string>> = {
  maxIters: 'all steps are done',
  maxEpochs: 'all epochs are done',
  maxTokens: 'all tokens that were asked for are done',
  maxSeconds: 'the time is over',
  targetLoss: 'the train loss is low enough',
  converged: 'the validation loss falls no more',
  dataEnded: 'the data is at its end',
};

/**
 * A run, for pages that watch it: hears how it goes, and keeps what they show. However long the run, it takes a few
 * megabytes, and a step takes microseconds. Pages ask when they like; the run waits for none.
 */
export class LiveRun {
  readonly history = new CurveHistory();
  readonly samples = new KeptSamples();
  /** `undefined` before the run begins. */
  info: LiveInfo | undefined;
  private readonly warnings = new RunWarnings();
  private phase: LiveState['phase'] = 'preparing';
  private reason: string | null = null;
  private closes = false;
  private last: StepMetrics | undefined;
  private lastAt = Date.now();
  private secondsLeft: number | null = null;
  private memory: MemoryUse = {};
  private memoryAt = -Infinity;
  private validation: LiveState['validation'] = null;
  private lowest: LiveState['lowest'] = null;
  private drawing: string | null = null;
  private checkpoint: string | null = null;
  private beginning: RunBeginning | undefined;
  private readRows: Promise<readonly LiveRow[]> | undefined;
  /** Steps that wait until the earlier ones are read; `undefined` when nothing is waited for. */
  private waiting: [StepMetrics, MemoryUse][] | undefined;
  private version = 0;
  private listeners = new Set<() => void>();

  constructor(private readonly options: LiveRunOptions) {}

  readonly observer: RunObserver = {
    begins: (beginning) => this.begins(beginning),
    step: (step) => this.step(step),
    evaluated: ({ metrics: { step }, evaluation, predictsTokens }) => {
      const { loss, perplexity } = evaluation;
      this.noteValidation({ step, loss, perplexity: predictsTokens ? perplexity : null });
      this.changed();
    },
    sampling: (piece) => {
      this.drawing = ((this.drawing ?? '') + piece).slice(0, MAX_DRAWING);
      this.changed();
    },
    sampled: ({ step, text }) => {
      this.drawing = null;
      this.samples.add(step, text);
      this.changed();
    },
    checkpoint: (path) => {
      this.checkpoint = path;
      this.changed();
    },
    stopped: () => {
      this.drawing = null;
      this.phase = 'saving';
      this.changed();
    },
    ended: (summary) => this.ended(summary),
  };

  /** The run threw an error. */
  failed(error: unknown): void {
    this.phase = isAttuneError(error, 'INTERRUPTED') ? 'interrupted' : 'failed';
    this.reason = error instanceof Error ? error.message : String(error);
    this.changed();
  }

  /** Tells pages that the server closes. */
  close(): void {
    this.closes = true;
    this.changed();
  }

  /** The run as it stands. Call it again after {@link news}. */
  state(): LiveState {
    const { last, history, memory } = this;
    return {
      ...{ phase: this.phase, reason: this.reason, closes: this.closes },
      revision: history.step,
      step: last?.step ?? 0,
      ...{ epoch: last?.epoch ?? null, loss: last?.loss ?? null, lr: last?.lr ?? null },
      ...{ gradNorm: last?.gradNorm ?? null, tokens: last?.tokens ?? 0 },
      ...{ tokensPerSecond: last?.tokensPerSecond ?? null, stepMs: last?.stepMs ?? null },
      quietMs: Date.now() - this.lastAt,
      secondsLeft: this.phase === 'training' ? this.secondsLeft : null,
      trainedSeconds: history.seconds,
      processBytes: memory.processBytes ?? null,
      deviceBytes: memory.deviceBytes ?? null,
      ...{ validation: this.validation, lowest: this.lowest },
      ...{
        newestSample: this.samples.newest,
        drawing: this.drawing === null ? null : visibleText(this.drawing),
      },
      checkpoint: this.checkpoint,
      warnings: this.warnings.texts(),
    };
  }

  /** A number that grows with each change. */
  get changes(): number {
    return this.version;
  }

  /** Resolves when there are more than `changes`, or after `timeoutMs`. */
  news(changes: number, timeoutMs: number): Promise<void> {
    if (this.version > changes) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.listeners.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.listeners.add(done);
    });
  }

  /** Some of the rows that are trained on. They are read once, when they are first asked for. */
  rows(): Promise<readonly LiveRow[]> {
    const { rows } = this.beginning ?? {};
    if (!rows) return Promise.resolve([]);
    return (this.readRows ??= rows(ROWS).then((read) => read.map(liveRow)));
  }

  private begins(beginning: RunBeginning): void {
    const { path, backend, description, parameters, config, checkpoint = null, notes, rows } = beginning;
    this.beginning = beginning;
    this.info = {
      ...{ path, backend, description, parameters, checkpoint },
      command: this.options.command,
      maxIters: config.maxIters,
      config: Object.entries(config).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, visibleText(settingText(value))]],
      ),
      hasRows: rows !== undefined,
    };
    this.phase = 'training';
    this.lastAt = Date.now();
    this.checkpoint = checkpoint;
    for (const note of notes) this.warnings.note(note);
    if (this.options.earlier) void this.readEarlier(this.options.earlier(path));
    this.changed();
  }

  /** Adds the steps before this process, and then those that were done meanwhile. */
  private async readEarlier(earlier: AsyncIterable<StepMetrics>): Promise<void> {
    this.waiting = [];
    try {
      for await (const metrics of earlier) {
        const [next] = this.waiting;
        if (next && metrics.step >= next[0].step) break;
        this.history.add(metrics);
        const { step, valLoss, perplexity = null } = metrics;
        if (valLoss !== undefined) this.noteValidation({ step, loss: valLoss, perplexity });
        if (this.waiting.length === 0) this.last = metrics;
      }
    } catch (error) {
      this.warnings.note(
        `The earlier steps are not shown: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    for (const [metrics, memory] of this.waiting) this.history.add(metrics, memory);
    this.waiting = undefined;
    this.changed();
  }

  private step({ record, secondsLeft, deviceBytes }: ObservedStep): void {
    const now = Date.now();
    if (now - this.memoryAt >= MEMORY_INTERVAL) {
      this.memoryAt = now;
      this.memory = { processBytes: this.options.processBytes?.(), deviceBytes };
    }
    this.last = record;
    this.lastAt = now;
    this.secondsLeft = secondsLeft;
    this.warnings.look(record);
    if (this.waiting) this.waiting.push([record, this.memory]);
    else this.history.add(record, this.memory);
    this.changed();
  }

  private noteValidation(validation: NonNullable<LiveState['validation']>): void {
    this.validation = validation;
    const { step, loss } = validation;
    if (loss !== null && loss < (this.lowest?.loss ?? Infinity)) this.lowest = { step, loss };
  }

  private ended({ end }: RunSummary): void {
    this.phase = 'ended';
    this.reason = TELLING[end] ?? end;
    this.changed();
  }

  private changed(): void {
    this.version++;
    for (const listener of this.listeners) listener();
  }
}

function settingText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function liveRow({ source, label, tokens }: TrainingRow): LiveRow {
  return {
    source: visibleText(source),
    label: label === undefined ? null : visibleText(String(label)),
    tokens: tokens
      .slice(0, ROW_TOKENS)
      .map(({ id, text, weight }) => [id, visibleText(text), weight] as const),
    more: Math.max(0, tokens.length - ROW_TOKENS),
  };
}
