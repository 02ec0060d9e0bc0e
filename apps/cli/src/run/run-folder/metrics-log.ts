import { constants, createReadStream } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { AttuneError, fileReadError, systemCode, type StepMetrics } from '@attune/core';
import { writing } from '../files.js';
import { asNotOwn, NO_FOLLOW } from './own-entries.js';

/** One line of a `metrics.jsonl`. */
interface Line {
  /** `undefined` where the line is not whole, or not a step's. */
  readonly metrics: StepMetrics | undefined;
  /** Offset of the byte behind it. */
  readonly end: number;
}

function parseLine(line: string): StepMetrics | undefined {
  try {
    const metrics = JSON.parse(line) as Partial<StepMetrics> | null;
    const valid = Number.isSafeInteger(metrics?.step) && typeof metrics?.loss === 'number';
    return valid ? (metrics as StepMetrics) : undefined;
  } catch {
    return undefined;
  }
}

/** A step takes some hundred bytes. What is much longer is no step of ours, and would have to be held in memory. */
const MAX_LINE_BYTES = 2 ** 16;

/** The lines of a log up to one that is too long; none if there is no such file. */
async function* readLines(path: string): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0);
  let end = 0;
  try {
    if (!(await stat(path)).isFile()) throw new AttuneError('FILE_READ', `${path} is not a file.`);
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      for (let length = rest.indexOf(0x0a) + 1; length > 0; length = rest.indexOf(0x0a) + 1) {
        end += length;
        yield { metrics: parseLine(rest.toString('utf8', 0, length)), end };
        rest = rest.subarray(length);
      }
      // Nothing that follows would count.
      if (rest.length > MAX_LINE_BYTES) break;
    }
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return;
    throw fileReadError(path, cause);
  }
  if (rest.length > 0) yield { metrics: undefined, end: end + rest.length };
}

/**
 * The steps that a log tells of, in order, up to the first line that is not whole.
 *
 * @throws AttuneError FILE_READ if it cannot be read.
 */
export async function* readMetrics(path: string): AsyncGenerator<StepMetrics> {
  for await (const { metrics } of readLines(path)) {
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
export async function truncateMetrics(path: string, step: number): Promise<number> {
  let kept = 0;
  let length = 0;
  let size = 0;
  for await (const { metrics, end } of readLines(path)) {
    size = end;
    if (metrics?.step !== kept + 1 || metrics.step > step) break;
    kept = metrics.step;
    length = end;
  }
  if (length < size) {
    await writing(path, async () => {
      const file = await openOwn(path, constants.O_RDWR);
      try {
        await file.truncate(length);
        await file.sync();
      } finally {
        await file.close();
      }
    });
  }
  return kept;
}

/** @throws AttuneError FILE_WRITE if it is a link; the error of `node:fs`. */
async function openOwn(path: string, flags: number): Promise<FileHandle> {
  return open(path, flags | NO_FOLLOW).catch((error: unknown) => {
    throw asNotOwn(path, error);
  });
}

/** Appends to a `metrics.jsonl`, one object for each step. */
export class MetricsLog {
  private file?: FileHandle;

  /** @param check that the file may be made: called before it is opened. */
  constructor(
    readonly path: string,
    private readonly check: () => Promise<void> = async () => undefined,
  ) {}

  async write(metrics: StepMetrics): Promise<void> {
    if (!this.file) await this.check();
    await writing(this.path, async () => {
      this.file ??= await openOwn(this.path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND);
      await this.file.appendFile(`${JSON.stringify(metrics)}\n`);
    });
  }

  /** Waits until everything is on the disk. */
  async sync(): Promise<void> {
    await writing(this.path, async () => this.file?.sync());
  }

  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }
}
