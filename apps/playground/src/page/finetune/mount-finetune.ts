import type { TunePart } from '../../messages/finetune.js';
import type { Request } from '../../protocol.js';
import { ModelOpener } from '../models/model-opener.js';
import { BackendPicker } from '../parts/backend-picker.js';
import type { Connection } from '../parts/connection.js';
import { enable, whenPressed } from '../parts/button.js';
import { create } from '../parts/elements.js';
import { MessageBox } from '../parts/message-box.js';
import { saveFile } from '../parts/save-file.js';
import { AdapterOpener } from './adapter-opener.js';
import { MaskView } from './mask-view.js';
import { TuneForm } from './tune-form.js';
import { TuneProgress } from './tune-progress.js';
import './finetune.css';

/** The phase of the section, which decides what can be done. */
type Phase = 'waiting' | 'no-model' | 'ready' | 'running' | 'stopping' | 'saved' | 'finished';

const PLACEHOLDER = `Q: Who keeps the lamp?
A: The old keeper.

Q: …`;

const parts: Readonly<Record<TunePart, readonly [label: string, title: string]>> = {
  adapter: ['Adapter', 'The adapter as a folder that peft and attune read'],
  merged: ['Merged model', 'The model with the adapter in its weights, as a Hugging Face folder'],
  run: ['Run', 'The run, which `attune finetune --resume run` goes on with from within its folder'],
};

const labels: Readonly<Record<Phase, string>> = {
  waiting: 'Fine-tune',
  'no-model': 'Fine-tune',
  ready: 'Fine-tune',
  running: 'Stop',
  stopping: 'Stopping…',
  saved: 'Continue',
  finished: 'Fine-tune anew',
};

/** Sets up the section in which a model is opened and fine-tuned on pasted rows, and connects it with the worker. */
export function mountFinetune(container: HTMLElement, connection: Connection): void {
  const form = new TuneForm();
  const backends = create('div', { id: 'tune-backends' });
  const picker = new BackendPicker(backends, 'tune-backend');
  const message = new MessageBox('tune-message');
  const refuse = (reason: string) => message.tell(reason, 'error');
  // Until the worker has answered, nothing else can be asked.
  const ask = (request: Request) => {
    enter('waiting');
    connection.send(request);
  };
  const opener = new ModelOpener(connection, ask, refuse);
  const adapterOpener = new AdapterOpener(ask, refuse);
  const rows = create('textarea', { id: 'tune-rows', rows: 8, placeholder: PLACEHOLDER, spellcheck: false });
  const preview = create('button', { type: 'button', id: 'tune-preview', textContent: 'Show the mask' });
  const primary = create('button', { type: 'button', id: 'tune-primary', className: 'primary' });
  const discard = create('button', { type: 'button', id: 'tune-discard', textContent: 'New run' });
  const state = create('output', { id: 'tune-state' });
  const mask = new MaskView();
  const progress = new TuneProgress();
  const downloads = (Object.keys(parts) as TunePart[]).map((part) => {
    const [textContent, title] = parts[part];
    const button = create('button', { type: 'button', id: `tune-download-${part}`, textContent, title });
    whenPressed(button, () => {
      isPacking = true;
      enter(phase, 'packing…');
      connection.send({ kind: 'downloadTuned', part });
    });
    return button;
  });
  const saving = create('div', { className: 'bar', id: 'tune-downloads' }, 'Download: ', ...downloads);
  let phase: Phase = 'waiting';
  let isBegun = false;
  /** A part of the run is being packed as a download: nothing may change the run then. */
  let isPacking = false;
  /** Something is being opened, whose rows take the place of those that are shown. */
  let isOpening = false;

  container.append(
    create(
      'section',
      { className: 'setup' },
      create('h2', { textContent: 'Model' }),
      opener.element,
      adapterOpener.element,
      create('h2', { textContent: 'LoRA' }),
      form.element,
      create('h2', { textContent: 'Runs on' }),
      backends,
    ),
    create(
      'section',
      {},
      message.element,
      create(
        'label',
        { className: 'rows-label' },
        create('b', { textContent: 'Questions and answers' }),
        create('small', {
          textContent:
            'Lines of “Q: …” and “A: …”; or a question, a tab and its answer on each line; or JSONL of prompt and completion, or of messages.',
        }),
        rows,
      ),
      create('div', { className: 'bar' }, preview, primary, discard, state),
      mask.element,
      progress.element,
      saving,
    ),
  );

  function enter(next: Phase, said = ''): void {
    phase = next;
    container.dataset['phase'] = next;
    const isIdle =
      !isPacking && (next === 'no-model' || next === 'ready' || next === 'saved' || next === 'finished');
    const hasRun = next === 'saved' || next === 'finished';
    primary.textContent = labels[next];
    primary.disabled = !isIdle && next !== 'running';
    if (next === 'no-model') primary.disabled = true;
    preview.disabled = next !== 'ready' && next !== 'finished';
    rows.readOnly = !(next === 'ready' || next === 'no-model' || next === 'finished');
    discard.hidden = !hasRun;
    discard.disabled = !isIdle;
    for (const button of downloads) enable(button, isIdle);
    saving.hidden = !hasRun;
    opener.enable(isIdle);
    adapterOpener.enable(next === 'ready');
    form.enable(next === 'ready' || next === 'no-model' || next === 'finished');
    picker.enable(isIdle);
    state.textContent = said;
  }

  function begin(): void {
    if (!form.check()) return;
    if (rows.value.trim() === '') {
      message.tell('Paste some questions and answers first.', 'error');
      rows.focus();
      return;
    }
    if (phase === 'finished' && !confirm('Begin a new run in place of this one? Its adapter is removed.'))
      return;
    message.tell(undefined);
    mask.hide();
    enter('waiting');
    const { settings } = form;
    connection.send({ kind: 'tune', backend: picker.value!, text: rows.value, settings });
  }

  primary.addEventListener('click', () => {
    if (phase === 'running') {
      enter('stopping');
      connection.send({ kind: 'stopTuning' });
    } else if (phase === 'saved') {
      message.tell(undefined);
      enter('waiting');
      connection.send({ kind: 'continueTuning', backend: picker.value! });
    } else {
      begin();
    }
  });
  preview.addEventListener('click', () => {
    if (!form.check()) return;
    message.tell(undefined);
    connection.send({ kind: 'previewRows', text: rows.value, settings: form.settings });
  });
  discard.addEventListener('click', () => {
    if (!confirm('Remove this run and its adapter from the browser?')) return;
    enter('waiting');
    connection.send({ kind: 'discardTuning' });
  });
  rows.addEventListener('input', () => mask.hide());
  const save = () => phase === 'running' && connection.send({ kind: 'saveTuning' });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') save();
  });
  addEventListener('pagehide', save);

  connection.whenLost((reason) => {
    enter('waiting');
    message.tell(`The worker ended: ${reason}. Load the page again.`, 'error');
  });
  connection.listen({
    environment({ backends: choices }) {
      isBegun = true;
      picker.show(choices);
    },
    tuneForm: ({ fields, settings }) => form.ask(fields, settings),
    // Before it begins, the worker fails for all sections: as where another tab has the models.
    failed({ message: reason }) {
      if (!isBegun) message.tell(reason, 'error');
    },
    openingModel: () => {
      isOpening = true;
      message.tell(undefined);
      enter('waiting');
    },
    model: () => {
      adapterOpener.show(undefined);
      mask.hide();
      progress.clear();
      // What was fine-tuned of it is told next, after which the worker is done: until then, nothing else can begin.
      enter('waiting');
    },
    modelRefused: ({ message: reason }) => message.tell(reason, 'error'),
    openingTuned({ what }) {
      isOpening = true;
      message.tell(undefined);
      enter('waiting', what);
    },
    tuning({ saved, adapter }) {
      isPacking = false;
      adapterOpener.show(adapter);
      form.fixLora(adapter !== undefined);
      const isOpened = isOpening;
      isOpening = false;
      if (!saved) {
        progress.clear();
        if (opener.model) enter('ready');
        else enter('no-model', 'open a model first');
        return;
      }
      form.fill(saved.settings);
      if (isOpened || rows.value.trim() === '') rows.value = saved.text;
      progress.showSaved(saved);
      enter(
        saved.isFinished ? 'finished' : 'saved',
        saved.isFinished ? 'finished' : `saved at step ${saved.step}`,
      );
    },
    rowsMasked: ({ preview: found }) => mask.show(found),
    rowsRefused({ message: reason }) {
      mask.hide();
      message.tell(reason, 'error');
    },
    tunePreparing: ({ what }) => enter('waiting', what),
    tuneRunning({ device, maxIters, about }) {
      progress.clear(maxIters);
      progress.describe(about);
      enter('running', device);
    },
    tuneStep: ({ metrics }) => progress.showStep(metrics),
    tuneEvaluated: ({ evaluation }) => progress.showEvaluation(evaluation),
    tuneSample: ({ sample }) => progress.showSample(sample),
    tuneSaved: ({ step }) => progress.showSavedAt(step),
    tuneNote: ({ message: note }) => message.tell(note),
    tuneFailed: ({ message: reason }) => message.tell(reason, 'error'),
    tunedArchive({ file, name }) {
      saveFile(file, name);
      isPacking = false;
      enter(phase);
    },
  });
  enter('waiting');
}
