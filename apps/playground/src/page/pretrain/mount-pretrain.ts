import type { SavedRun } from '../../protocol.js';
import { isEnabled, whenPressed } from '../parts/button.js';
import type { Connection } from '../parts/connection.js';
import { byId } from '../parts/elements.js';
import { formatCount } from '../parts/format.js';
import { saveFile } from '../parts/save-file.js';
import { Controls, type Phase } from './controls.js';
import { ProgressView } from './progress-view.js';
import { SetupForm } from './setup-form.js';
import { WritingForm } from './writing-form.js';

/** Shows a message above the run, or none. */
function tell(message: string | undefined, kind: 'note' | 'error' = 'note'): void {
  const element = byId('message');
  element.hidden = message === undefined;
  element.textContent = message ?? '';
  element.dataset['kind'] = kind;
}

/** Shows in a few words what goes on. A screen reader is told of a change, and not of the same words again. */
function showState(state: string): void {
  const element = byId('state');
  if (element.textContent !== state) element.textContent = state;
}

/** Sets up the section in which a model is pretrained, and connects it with the worker. */
export function mountPretrain(connection: Connection): void {
  const controls = new Controls();
  const progress = new ProgressView();
  const form = new SetupForm({
    refuse: (message) => tell(message, 'error'),
    openArchive: (file) => {
      if (isEnabled(controls.open)) openArchive(file);
    },
  });
  const writing = new WritingForm(
    (options) => connection.send({ kind: 'write', backend: form.backend, options }),
    () => connection.send({ kind: 'stopWriting' }),
  );
  const archive = byId<HTMLInputElement>('archive');

  let phase: Phase = 'waiting';
  /** The step of the newest checkpoint. */
  let savedStep: number | undefined;
  /** The run is being packed as a download. */
  let isPacking = false;

  function enter(next: Phase, state = ''): void {
    phase = next;
    controls.show(next, savedStep !== undefined, isPacking);
    const idle = next === 'saved' || next === 'finished';
    // A run that is finished can still write, on whichever backend.
    form.enable(next === 'empty', next === 'empty' || idle);
    writing.enable(
      idle && savedStep !== undefined
        ? 'ready'
        : next === 'running' || next === 'pausing'
          ? 'training'
          : 'none',
    );
    progress.showNumbers();
    showState(state);
    document.body.dataset['phase'] = next;
  }

  function showSaved(step: number | undefined, seconds?: number): void {
    savedStep = step;
    byId('saved').textContent = step === undefined ? '–' : `step ${formatCount(step)}`;
    byId('save-cost').textContent = seconds === undefined ? '' : `in ${seconds.toFixed(2)} s`;
  }

  function clear(steps?: number): void {
    progress.clear(steps);
    showSaved(undefined);
  }

  /** Shows a run as its newest checkpoint has it, and offers to resume it. */
  function offer(saved: SavedRun): void {
    form.show(saved);
    progress.show(saved);
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
    running: ({ device }) => enter('running', `${device}, compiling…`),
    step({ metrics, device }) {
      if (phase === 'running') showState(device);
      progress.addStep(metrics);
    },
    evaluated: ({ evaluation }) => progress.addEvaluation(evaluation),
    sample: ({ sample }) => progress.addSample(sample),
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
      saveFile(file, name);
      isPacking = false;
      enter(phase, '');
    },
    note: ({ message }) => tell(message),
    failed({ message, saved }) {
      isPacking = false;
      if (saved) {
        offer(saved);
        tell(
          `${message} Nothing before step ${formatCount(saved.step)} is lost: continue from there.`,
          'error',
        );
      } else {
        const begun = document.querySelector('input[name=backend]') !== null;
        if (!begun) byId('backends').textContent = '–';
        enter(begun ? 'empty' : 'dead');
        tell(message, 'error');
      }
    },
  });
  connection.whenLost((reason) => {
    enter('dead');
    tell(`The worker ended: ${reason}. Load the page again.`, 'error');
  });

  /** Trains from where the run is, to its end or for some steps. */
  function train(steps?: number): void {
    const { backend } = form;
    const upTo = steps === undefined ? {} : { steps };
    if (phase === 'saved') {
      tell(undefined);
      enter('waiting');
      connection.send({ kind: 'continue', backend, ...upTo });
    } else if (phase === 'empty' && form.check()) {
      tell(undefined);
      clear(form.settings.maxIters);
      enter('waiting');
      // On a small screen, it moves above the setup.
      byId('run').scrollIntoView({ block: 'nearest' });
      const { settings, text } = form;
      connection.send({ kind: 'start', backend, settings, ...(text && { text }), ...upTo });
    }
  }

  function openArchive(archive: File): void {
    // At once: a run that was begun meanwhile would be trained in the same folder.
    enter('waiting');
    connection.send({ kind: 'open', archive });
  }

  whenPressed(controls.primary, () => {
    if (phase === 'running') {
      enter('pausing');
      connection.send({ kind: 'pause' });
    } else {
      train();
    }
  });
  whenPressed(controls.step, () => train(1));
  whenPressed(controls.download, () => {
    isPacking = true;
    enter(phase, 'packing…');
    connection.send({ kind: 'download' });
  });
  whenPressed(controls.open, () => archive.click());
  archive.addEventListener('change', () => {
    const [file] = archive.files ?? [];
    if (file) openArchive(file);
    // So that the same file may be chosen again.
    archive.value = '';
  });
  whenPressed(controls.discard, () => {
    if (!confirm('Remove this run and its checkpoints from the browser?')) return;
    enter('waiting');
    connection.send({ kind: 'discard' });
  });

  // A tab that is hidden may never be shown again. What is not written by then is done again from the last checkpoint.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') connection.send({ kind: 'save' });
  });
  addEventListener('pagehide', () => connection.send({ kind: 'save' }));
}
