import { isAttuneError } from '@attune/core';
import type { RunAudience, RunObserver, StopRequest } from '@attune/runs';
import type { Report } from '../../protocol.js';
import { Pieces } from '../host/pieces.js';
import { SavePace } from './save-pace.js';

/** The page that watches a run, and may pause it or have it saved. */
export class Training implements RunAudience {
  /** Set from outside, seen after the step in progress. */
  pausing = false;
  saving = false;
  private readonly pace = new SavePace(() => performance.now());
  private device = '';
  private step = 0;
  /** The sample of the newest evaluation, so far. */
  private sample = '';
  private readonly pieces = new Pieces((piece) => {
    this.sample += piece;
    this.report({ kind: 'sample', sample: { step: this.step, text: this.sample } });
  });
  readonly observer: RunObserver;

  /** @param upTo the step after which it pauses by itself. */
  constructor(
    private readonly report: (report: Report) => void,
    private readonly upTo = Infinity,
  ) {
    this.observer = this.observe();
  }

  /** Runs what trains, with this as its audience. Resolves when the run is paused or at its end, and saved. */
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
    const isAborted = () => this.pausing;
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
      begins: ({ backend, notes }) => {
        // Of `wasm: one thread`, the device.
        this.device = backend.slice(backend.indexOf(': ') + 2);
        report({ kind: 'running', device: this.device });
        for (const message of notes) report({ kind: 'note', message });
        pace.begin();
      },
      step: ({ record }) => {
        this.step = record.step;
        if (record.step >= this.upTo) this.pausing = true;
        report({ kind: 'step', metrics: record, device: this.device });
        pace.begin();
      },
      evaluated: ({ metrics: { step }, evaluation: { loss: valLoss } }) => {
        report({ kind: 'evaluated', evaluation: { step, valLoss } });
        this.sample = '';
        pace.begin();
      },
      sampling: (piece) => {
        this.pieces.add(piece);
      },
      sampled: ({ step, text }) => {
        this.pieces.flush();
        report({ kind: 'sample', sample: { step, text } });
        pace.begin();
      },
      checkpoint: () => {
        this.saving = false;
        report({ kind: 'saved', step: this.step, seconds: pace.end() });
        pace.begin();
      },
      stopped: () => pace.begin(),
      ended: () => undefined,
    };
  }
}
