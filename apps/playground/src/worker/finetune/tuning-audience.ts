import { isAttuneError } from '@attune/core';
import type { RunAudience, RunObserver, StopRequest } from '@attune/runs';
import type { FinetuneReport } from '../../messages/finetune.js';
import { SavePace } from '../pretrain/save-pace.js';

/** The page that watches a run of fine-tuning, and may stop it or have it saved. */
export class TuningAudience implements RunAudience {
  /** Set from outside, seen after the step in progress. */
  stopping = false;
  saving = false;
  private readonly pace = new SavePace(() => performance.now());
  private step = 0;
  readonly observer: RunObserver;

  constructor(private readonly report: (report: FinetuneReport) => void) {
    this.observer = this.observe();
  }

  /** Runs what trains, with this as its audience. Resolves when the run is stopped or at its end, and saved. */
  async watch(run: (audience: RunAudience) => Promise<void>): Promise<'paused' | 'finished'> {
    try {
      await run(this);
      return 'finished';
    } catch (error) {
      if (isAttuneError(error, 'INTERRUPTED')) return 'paused';
      throw error;
    }
  }

  listen(): StopRequest {
    const isAborted = () => this.stopping;
    return {
      get aborted() {
        return isAborted();
      },
      dispose: () => undefined,
    };
  }

  /** A tab may be killed at any time, and then says nothing. */
  wantsCheckpoint(): boolean {
    return this.saving || this.pace.isDue();
  }

  private observe(): RunObserver {
    const { report, pace } = this;
    return {
      begins: ({ backend, notes, config, description }) => {
        const device = backend.slice(backend.indexOf(': ') + 2);
        const { maxIters } = config;
        // Of `model    NAME: parameters and method`, what the page does not say already.
        const [line = ''] = description.filter((each) => each.startsWith('model '));
        report({ kind: 'tuneRunning', device, maxIters, about: line.slice(line.indexOf(': ') + 2) });
        for (const message of notes) report({ kind: 'tuneNote', message });
        pace.begin();
      },
      step: ({ record }) => {
        this.step = record.step;
        report({ kind: 'tuneStep', metrics: record });
        pace.begin();
      },
      evaluated: ({ metrics: { step }, evaluation: { loss: valLoss } }) => {
        report({ kind: 'tuneEvaluated', evaluation: { step, valLoss } });
        pace.begin();
      },
      sampled: ({ step, text }) => {
        report({ kind: 'tuneSample', sample: { step, text } });
        pace.begin();
      },
      checkpoint: () => {
        this.saving = false;
        pace.end();
        report({ kind: 'tuneSaved', step: this.step });
        pace.begin();
      },
      stopped: () => pace.begin(),
      ended: () => undefined,
    };
  }
}
