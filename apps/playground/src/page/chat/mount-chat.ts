import type { ChatOptions } from '../../messages/chat.js';
import type { OpenedModel } from '../../messages/models.js';
import { BackendPicker } from '../parts/backend-picker.js';
import type { Connection } from '../parts/connection.js';
import { create } from '../parts/elements.js';
import { formatCount } from '../parts/format.js';
import { Conversation } from './conversation.js';
import './chat.css';

/** How an answer ended, where that is worth a word. */
const endings = { length: 'cut off at its length', stop: '', stopped: 'stopped' } as const;

/** Sets up the section in which one talks with the model that is open, and connects it with the worker. */
export function mountChat(container: HTMLElement, connection: Connection): void {
  const about = create('p', { id: 'chat-about' });
  const tuned = radio('chat-tuned', 'as it was fine-tuned', 'with the adapter');
  const base = radio('chat-base', 'as it was opened', 'without the adapter');
  const numbers = {
    temperature: number('chat-temperature', 0.8, { min: '0', step: 'any' }),
    topK: number('chat-top-k', 0, { min: '0', step: '1' }),
    maxNewTokens: number('chat-length', 200, { min: '1', max: '8192', step: '1' }),
    seed: number('chat-seed', 1337, { min: '0', max: '2147483647', step: '1' }),
  };
  const settings = create(
    'form',
    { className: 'grid', id: 'chat-settings' },
    labelled('temperature', numbers.temperature, '0 takes the likeliest token each time'),
    labelled('top k', numbers.topK, 'draws among so many of the likeliest tokens; 0: among all'),
    labelled('answer length', numbers.maxNewTokens, 'most tokens of an answer'),
    labelled('seed', numbers.seed, 'the same seed and the same conversation give the same answer'),
  );
  settings.addEventListener('submit', (event) => event.preventDefault());
  const backends = create('div', { id: 'chat-backends' });
  const picker = new BackendPicker(backends, 'chat-backend');
  const conversation = new Conversation();
  const box = create('textarea', { id: 'chat-box', rows: 3, placeholder: 'Your message' });
  box.setAttribute('aria-label', 'Your message');
  const send = create('button', {
    type: 'submit',
    id: 'chat-send',
    className: 'primary',
    textContent: 'Send',
  });
  const clear = create('button', { type: 'button', id: 'chat-clear', textContent: 'Clear' });
  const state = create('output', { id: 'chat-state' });
  const form = create(
    'form',
    { id: 'chat-form' },
    box,
    create('div', { className: 'bar' }, send, clear, state),
  );

  let model: OpenedModel | undefined;
  let hasAdapter = false;
  let isAnswering = false;
  let isTraining = false;

  container.append(
    create(
      'section',
      { className: 'setup' },
      create('h2', { textContent: 'Model' }),
      about,
      tuned.label,
      base.label,
      create('h2', { textContent: 'Answers' }),
      settings,
      create('h2', { textContent: 'Runs on' }),
      backends,
    ),
    create('section', {}, conversation.element, form),
  );

  function show(): void {
    const canSend = model !== undefined && !isTraining;
    send.textContent = isAnswering ? 'Stop' : 'Send';
    send.disabled = !canSend;
    tuned.input.disabled = !hasAdapter;
    base.input.disabled = model === undefined;
    if (!hasAdapter) base.input.checked = true;
    container.dataset['phase'] = isAnswering ? 'answering' : canSend ? 'ready' : 'waiting';
    if (!model) {
      about.textContent =
        'Open a model in the section Fine-tune first, or take the run that was pretrained here.';
    } else {
      about.replaceChildren(
        create('b', { textContent: model.name }),
        model.hasTemplate ? '' : ': without a chat template, it continues each message alone.',
      );
    }
    if (isTraining) state.textContent = 'It is being trained: stop that first.';
  }

  function forget(): void {
    conversation.clear();
    state.textContent = '';
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (isAnswering) {
      connection.send({ kind: 'stopAnswer' });
      return;
    }
    const text = box.value.trim();
    if (text === '' || send.disabled || !settings.reportValidity()) return;
    isAnswering = true;
    box.value = '';
    conversation.ask(text);
    state.textContent = '';
    show();
    const options = Object.fromEntries(
      Object.entries(numbers).map(([key, input]) => [key, input.valueAsNumber]),
    ) as unknown as ChatOptions;
    const withAdapter = hasAdapter && tuned.input.checked;
    connection.send({ kind: 'say', backend: picker.value!, withAdapter, text, options });
  });
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    // Enter sends; it does not stop what is being written.
    if (!isAnswering) form.requestSubmit();
  });
  clear.addEventListener('click', () => {
    connection.send({ kind: 'clearChat' });
    forget();
  });

  connection.listen({
    environment: ({ backends: choices }) => picker.show(choices),
    model({ model: opened }) {
      if (opened?.name !== model?.name) forget();
      model = opened;
      hasAdapter = false;
      show();
    },
    tuning({ saved, adapter }) {
      const had = hasAdapter;
      hasAdapter = saved !== undefined || adapter !== undefined;
      isTraining = false;
      if (hasAdapter && !had) tuned.input.checked = true;
      state.textContent = '';
      show();
    },
    tunePreparing() {
      isTraining = true;
      show();
    },
    chatWaiting: ({ what }) => (state.textContent = what),
    answerPiece({ text }) {
      state.textContent = '';
      conversation.grow(text);
    },
    answered({ ended, tokens, seconds, forgotten }) {
      isAnswering = false;
      const notes = [
        `${formatCount(tokens)} tokens, ${formatCount(tokens / Math.max(seconds, 1e-3))} per second`,
        endings[ended],
        forgotten > 0 ? `the first ${forgotten} turns no longer fit` : '',
      ];
      conversation.end(notes.filter(Boolean).join('; '));
      state.textContent = '';
      show();
    },
    unanswered({ message }) {
      isAnswering = false;
      conversation.fail(message);
      state.textContent = '';
      show();
    },
  });
  show();
}

function radio(id: string, title: string, small: string) {
  const input = create('input', { type: 'radio', name: 'chat-model', id });
  const words = create(
    'span',
    {},
    create('b', { textContent: title }),
    create('small', { textContent: small }),
  );
  return { input, label: create('label', { className: 'choice' }, input, words) };
}

function number(id: string, value: number, limits: Partial<HTMLInputElement>): HTMLInputElement {
  return create('input', { type: 'number', id, value: String(value), required: true, ...limits });
}

function labelled(text: string, input: HTMLInputElement, title: string): HTMLElement {
  return create('label', { title }, text, input);
}
