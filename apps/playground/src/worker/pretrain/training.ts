import type { RunObserver } from '@attune/runs';
import type { Report } from '../../protocol.js';
import { PageAudience } from '../host/page-audience.js';
import { Pieces } from '../host/pieces.js';

/** The page that watches a run of pretraining. */
export class Training extends PageAudience {
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
    super();
    this.observer = this.observe();
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
        if (record.step >= this.upTo) this.stopping = true;
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
