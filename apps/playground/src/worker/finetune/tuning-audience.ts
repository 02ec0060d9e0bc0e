import type { RunObserver } from '@attune/runs';
import type { FinetuneReport } from '../../messages/finetune.js';
import { PageAudience } from '../host/page-audience.js';

/** The page that watches a run of fine-tuning. */
export class TuningAudience extends PageAudience {
  private step = 0;
  readonly observer: RunObserver;

  constructor(private readonly report: (report: FinetuneReport) => void) {
    super();
    this.observer = this.observe();
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
