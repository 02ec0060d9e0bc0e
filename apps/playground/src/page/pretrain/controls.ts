import { byId } from '../parts/elements.js';
import { enable, hide } from '../parts/button.js';

/** The phase of a run, which decides what the buttons do. */
export type Phase = 'waiting' | 'empty' | 'saved' | 'running' | 'pausing' | 'finished' | 'dead';

/** Labels of the main button. In the other phases it keeps the one that it has, and is disabled. */
const labels: Readonly<Partial<Record<Phase, string>>> = {
  empty: 'Train',
  saved: 'Continue',
  running: 'Pause',
  pausing: 'Pausing…',
};

/** The buttons of a run. */
export class Controls {
  readonly primary = byId<HTMLButtonElement>('primary');
  readonly step = byId<HTMLButtonElement>('single-step');
  readonly download = byId<HTMLButtonElement>('download');
  readonly open = byId<HTMLButtonElement>('open');
  readonly discard = byId<HTMLButtonElement>('discard');

  /**
   * @param isSaved true if there is a checkpoint.
   * @param isPacking true while the run is being packed, which nothing may change then.
   */
  show(phase: Phase, isSaved: boolean, isPacking: boolean): void {
    const { primary, step, download, open, discard } = this;
    const idle = phase === 'saved' || phase === 'finished';
    const hasNoRun = phase === 'empty' || phase === 'dead';
    primary.textContent = labels[phase] ?? primary.textContent;
    enable(primary, !isPacking && ['empty', 'saved', 'running'].includes(phase));
    enable(step, !isPacking && (phase === 'empty' || phase === 'saved'));
    enable(download, !isPacking && idle && isSaved);
    enable(discard, !isPacking && idle);
    enable(open, phase === 'empty');
    hide(discard, hasNoRun, primary);
    hide(open, !hasNoRun, discard);
    // There is nothing more to do.
    hide(primary, phase === 'finished', discard);
    hide(step, phase === 'finished', discard);
  }
}
