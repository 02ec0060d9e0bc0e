import { isAttuneError, systemCode, type StepMetrics } from '@attune/core';
import type { ByteSource, Folder, LogFile, WritableFolder } from '@attune/files';
import { METRICS_JSONL } from './run-files.js';

/** One line of a `metrics.jsonl`. */
interface Line {
  /** `undefined` where the line is not whole, or not a step's. */
  readonly metrics: StepMetrics | undefined;
  /** Offset of the byte behind it. */
  readonly end: number;
}

const LINE_FEED = 0x0a;

/** A step takes some hundred bytes. What is much longer is no step of ours, and would have to be held in memory. */
const MAX_LINE_BYTES = 2 ** 16;

function parseLine(bytes: Uint8Array): StepMetrics | undefined {
  try {
    const metrics = JSON.parse(new TextDecoder().decode(bytes)) as Partial<StepMetrics> | null;
    const valid = Number.isSafeInteger(metrics?.step) && typeof metrics?.loss === 'number';
    return valid ? (metrics as StepMetrics) : undefined;
  } catch {
    return undefined;
  }
}

/** The lines of a log up to one that is too long. */
async function* linesOf(source: ByteSource): AsyncGenerator<Line, void, undefined> {
  let rest = new Uint8Array(0);
  let end = 0;
  for (let offset = 0; offset < source.size; offset += MAX_LINE_BYTES) {
    const chunk = await source.read(offset, Math.min(MAX_LINE_BYTES, source.size - offset));
    const bytes = new Uint8Array(rest.length + chunk.length);
    bytes.set(rest);
    bytes.set(chunk, rest.length);
    let start = 0;
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, start)) {
      end += at + 1 - start;
      yield { metrics: parseLine(bytes.subarray(start, at)), end };
      start = at + 1;
    }
    rest = bytes.slice(start);
    // Nothing that follows would count.
    if (rest.length > MAX_LINE_BYTES) break;
  }
  if (rest.length > 0) yield { metrics: undefined, end: end + rest.length };
}

/** The lines of a run's log; none if it has no log. */
async function* readLines(run: Folder): AsyncGenerator<Line, void, undefined> {
  const source = await run.open(METRICS_JSONL).catch((error: unknown) => {
    // A link that leads nowhere, or a file in place of a folder, is another fault.
    if (isAttuneError(error, 'FILE_NOT_FOUND') && systemCode(error.cause) !== 'ENOTDIR') return undefined;
    throw error;
  });
  if (!source) return;
  try {
    yield* linesOf(source);
  } finally {
    await source.close();
  }
}

/**
 * The steps that a log tells of, in order, up to the first line that is not whole.
 *
 * @throws AttuneError FILE_READ if it cannot be read.
 */
export async function* readMetrics(run: Folder): AsyncGenerator<StepMetrics, void, undefined> {
  for await (const { metrics } of readLines(run)) {
    if (!metrics) return;
    yield metrics;
  }
}

/**
 * Shortens a log to the steps up to `step`: what a run wrote after its last checkpoint is written again.
 *
 * @returns how many steps it still tells of, from the first without a gap.
 * @throws AttuneError FILE_WRITE.
 */
export async function truncateMetrics(run: WritableFolder, step: number): Promise<number> {
  let kept = 0;
  let length = 0;
  let size = 0;
  for await (const { metrics, end } of readLines(run)) {
    size = end;
    if (metrics?.step !== kept + 1 || metrics.step > step) break;
    kept = metrics.step;
    length = end;
  }
  if (length < size) await run.truncate(METRICS_JSONL, length);
  return kept;
}

/** Appends to a `metrics.jsonl`, one object for each step. */
export class MetricsLog {
  private file?: LogFile;

  /** @param check that the file may be made: called before it is opened. */
  constructor(
    private readonly run: WritableFolder,
    private readonly check: () => Promise<void> = async () => undefined,
  ) {}

  async write(metrics: StepMetrics): Promise<void> {
    if (!this.file) {
      await this.check();
      this.file = await this.run.openLog(METRICS_JSONL);
    }
    await this.file.append(`${JSON.stringify(metrics)}\n`);
  }

  /** Waits until everything is stored. */
  async sync(): Promise<void> {
    await this.file?.sync();
  }

  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }
}
