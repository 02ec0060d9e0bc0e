import type { StepMetrics } from '@attune/core';
import type { Evaluation, SavedRun } from '../../protocol.js';
import { LossChart } from '../chart/chart.js';
import type { Connection } from '../parts/connection.js';
import { byId, create } from '../parts/elements.js';
import { formatCount, formatLoss } from '../parts/format.js';
import { SetupForm } from './setup-form.js';
import { WritingForm } from './writing-form.js';

/** The phase of the page, which decides what the buttons do. */
type Phase = 'waiting' | 'empty' | 'saved' | 'running' | 'pausing' | 'finished' | 'dead';

const labels: Readonly<Record<Phase, string>> = {
  waiting: 'Train',
  empty: 'Train',
  saved: 'Continue',
  running: 'Pause',
  pausing: 'Pausing…',
  // There is nothing more to do: the button is not shown.
  finished: 'Train',
  dead: 'Train',
};

/** Sets up the section in which a model is pretrained, and connects it with the worker. */
export function mountPretrain(connection: Connection): void {
  const form = new SetupForm();
  const chart = new LossChart(byId<SVGSVGElement>('chart'), byId('readout'));
  const writing = new WritingForm(
    (options) => connection.send({ kind: 'write', backend: form.backend, options }),
    () => connection.send({ kind: 'stopWriting' }),
  );
  const primary = byId<HTMLButtonElement>('primary');
  const download = byId<HTMLButtonElement>('download');
  const discard = byId<HTMLButtonElement>('discard');
  const open = byId<HTMLButtonElement>('open');
  const archive = byId<HTMLInputElement>('archive');

  let phase: Phase = 'waiting';
  /** The step of the newest checkpoint. */
  let savedStep: number | undefined;
  let maxIters = 1;
  /** The throughput of the last second, smoothed. */
  let tokensPerSecond = 0;

  function enter(next: Phase, state = ''): void {
    phase = next;
    primary.textContent = labels[next];
    primary.disabled = !['empty', 'saved', 'running'].includes(next);
    primary.hidden = next === 'finished';
    const idle = next === 'saved' || next === 'finished';
    download.disabled = !idle || savedStep === undefined;
    discard.disabled = !idle;
    discard.hidden = next === 'empty' || next === 'dead';
    open.hidden = !discard.hidden;
    open.disabled = next !== 'empty';
    // A run that is finished can still write, on whichever backend.
    form.enable(next === 'empty', next === 'empty' || idle);
    writing.enable(
      idle && savedStep !== undefined
        ? 'ready'
        : next === 'running' || next === 'pausing'
          ? 'training'
          : 'none',
    );
    byId('state').textContent = state;
    document.body.dataset['phase'] = next;
  }

  function tell(message: string | undefined, kind: 'note' | 'error' = 'note'): void {
    const element = byId('message');
    element.hidden = message === undefined;
    element.textContent = message ?? '';
    element.dataset['kind'] = kind;
  }

  function showStep({ step, loss, tokensPerSecond: speed }: StepMetrics): void {
    tokensPerSecond = tokensPerSecond === 0 ? speed : 0.9 * tokensPerSecond + 0.1 * speed;
    byId<HTMLDataElement>('step').value = String(step);
    byId('step').textContent = `${formatCount(step)} of ${formatCount(maxIters)}`;
    byId('loss').textContent = formatLoss(loss);
    byId<HTMLDataElement>('loss').value = String(loss);
    byId('speed').textContent = formatCount(tokensPerSecond);
    byId<HTMLProgressElement>('progress').value = step / maxIters;
    chart.addLoss({ step, loss });
  }

  function showEvaluation({ step, valLoss }: Evaluation): void {
    byId('val-loss').textContent = formatLoss(valLoss);
    chart.addValidation({ step, loss: valLoss });
  }

  function showSample(text: string): void {
    const sample = byId('sample');
    sample.textContent = text;
    sample.classList.remove('quiet');
  }

  function showSaved(step: number | undefined, seconds?: number): void {
    savedStep = step;
    byId('saved').textContent = step === undefined ? '–' : `step ${formatCount(step)}`;
    byId('save-cost').textContent = seconds === undefined ? '' : `in ${seconds.toFixed(2)} s`;
  }

  /** Clears the right side for a run of so many steps, or for none. */
  function clear(steps?: number): void {
    maxIters = steps ?? 1;
    tokensPerSecond = 0;
    chart.reset(steps);
    showSaved(undefined);
    for (const id of ['step', 'loss', 'val-loss', 'speed']) byId(id).textContent = '–';
    for (const id of ['step', 'loss']) byId(id).removeAttribute('value');
    byId<HTMLProgressElement>('progress').value = 0;
    const sample = byId('sample');
    sample.textContent = 'A sample appears at each evaluation.';
    sample.classList.add('quiet');
  }

  /** Shows a run as its newest checkpoint has it, and offers to resume it. */
  function offer(saved: SavedRun): void {
    clear(saved.settings.maxIters);
    form.show(saved);
    for (const { step, loss } of saved.metrics.slice(0, -1)) chart.addLoss({ step, loss });
    saved.metrics.slice(-1).forEach(showStep);
    saved.evaluations.forEach(showEvaluation);
    if (saved.sample !== '') showSample(saved.sample);
    showSaved(saved.step);
    if (saved.step >= saved.settings.maxIters) enter('finished', 'finished');
    else enter('saved', `saved at step ${formatCount(saved.step)}`);
  }

  connection.listen({
    form: ({ fields, sizes }) => form.ask(fields, sizes),
    environment({ backends, saved }) {
      form.showBackends(backends);
      if (!backends.some(({ available }) => available)) {
        enter('dead');
        tell(
          'This browser has neither WebGPU nor WebAssembly. Use a current Chrome, Edge, Safari or Firefox.',
          'error',
        );
      } else if (saved) {
        offer(saved);
        if (phase === 'saved')
          tell(`A run was saved at step ${formatCount(saved.step)}. Continue, or begin a new one.`);
      } else {
        enter('empty');
      }
    },
    preparing: ({ what }) => enter('waiting', what),
    running({ device }) {
      enter('running', `${device}, compiling…`);
    },
    step({ metrics, device }) {
      if (phase === 'running') byId('state').textContent = device;
      showStep(metrics);
    },
    evaluated: ({ evaluation }) => showEvaluation(evaluation),
    sample: ({ text }) => showSample(text),
    saved: ({ step, seconds }) => showSaved(step, seconds),
    written: (report) => writing.showWritten(report),
    unwritten: ({ message }) => writing.showError(message),
    stopped: ({ why }) => enter(why === 'paused' ? 'saved' : 'finished', why),
    opened({ saved }) {
      offer(saved);
      if (phase === 'saved')
        tell(`A run of ${formatCount(saved.step)} steps. Continue, on whichever backend.`);
    },
    discarded() {
      clear();
      tell(undefined);
      enter('empty');
    },
    archive({ file, name }) {
      const url = URL.createObjectURL(file);
      create('a', { href: url, download: name }).click();
      // By then the browser has taken it.
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
      enter(phase, '');
    },
    note: ({ message }) => tell(message),
    failed({ message, saved }) {
      if (saved) {
        offer(saved);
        tell(
          `${message} Nothing before step ${formatCount(saved.step)} is lost: continue from there.`,
          'error',
        );
      } else {
        const begun = document.querySelector('input[name=backend]') !== null;
        enter(begun ? 'empty' : 'dead');
        tell(message, 'error');
      }
    },
  });
  connection.whenLost((reason) => {
    enter('dead');
    tell(`The worker ended: ${reason}. Load the page again.`, 'error');
  });

  primary.addEventListener('click', () => {
    const { backend } = form;
    if (phase === 'running') {
      enter('pausing');
      connection.send({ kind: 'pause' });
    } else if (phase === 'saved') {
      tell(undefined);
      enter('waiting');
      connection.send({ kind: 'continue', backend });
    } else if (phase === 'empty' && form.check()) {
      tell(undefined);
      clear(form.settings.maxIters);
      enter('waiting');
      // On a small screen, it moves above the setup.
      byId('run').scrollIntoView({ block: 'nearest', behavior: 'smooth' });
      const { settings, text } = form;
      connection.send({ kind: 'start', backend, settings, ...(text && { text }) });
    }
  });
  download.addEventListener('click', () => {
    byId('state').textContent = 'packing…';
    connection.send({ kind: 'download' });
  });
  open.addEventListener('click', () => archive.click());
  archive.addEventListener('change', () => {
    const [file] = archive.files ?? [];
    // So that the same file may be chosen again.
    if (file) connection.send({ kind: 'open', archive: file });
    archive.value = '';
  });
  discard.addEventListener('click', () => {
    if (confirm('Remove this run and its checkpoints from the browser?'))
      connection.send({ kind: 'discard' });
  });

  // A tab that is hidden may never be shown again. What is not written by then is done again from the last checkpoint.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') connection.send({ kind: 'save' });
  });
  addEventListener('pagehide', () => connection.send({ kind: 'save' }));
}
