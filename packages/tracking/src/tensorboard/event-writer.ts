import type { StepMetrics } from '@attune/core';
import type { LogFile, WritableFolder } from '@attune/files';
import type { RunLog } from '../metrics/run-log.js';
import { replaceEventFiles } from './event-files.js';
import { runEvents, sampleEvent, stepEvent, type EventsEnd } from './run-events.js';

/**
 * Writes the events of a run while it trains. It begins with what the log of the run tells of earlier sessions, in a file
 * that takes the place of theirs: steps that are done again after a crash are told once. Calls return at once; what fails is
 * told once, ends the writing, and harms no run.
 */
export class EventWriter {
  private readonly end: EventsEnd = { step: 0, sample: 0 };
  private file: LogFile | undefined;
  private failed = false;
  private work: Promise<void>;

  /**
   * @param folder of the event files.
   * @param open opens the log of the run.
   * @param onFailure is told why no more is written.
   */
  constructor(
    folder: WritableFolder,
    open: () => Promise<RunLog>,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.work = Promise.resolve();
    this.queue(async () => {
      const name = await replaceEventFiles(folder, runEvents(await open(), this.end));
      this.file = await folder.openLog(name);
    });
  }

  /** Adds the numbers of a step, unless the log told of it already. */
  step(metrics: StepMetrics, wallTime = Date.now() / 1000): void {
    this.queue(async () => {
      if (metrics.step > this.end.step) await this.file?.append(stepEvent(metrics, wallTime));
    });
  }

  /** Adds the text that the model wrote after a step. */
  sample(step: number, text: string, wallTime = Date.now() / 1000): void {
    this.queue(async () => {
      if (step > this.end.sample) await this.file?.append(sampleEvent(step, text, wallTime));
    });
  }

  /** Waits until everything is written. */
  async close(): Promise<void> {
    this.queue(async () => this.file?.sync());
    await this.work;
    await this.file?.close();
    this.file = undefined;
  }

  /** Does some work behind all that came before. */
  private queue(work: () => Promise<void>): void {
    this.work = this.work.then(async () => {
      if (this.failed) return;
      try {
        await work();
      } catch (error) {
        this.failed = true;
        this.onFailure(error);
      }
    });
  }
}
