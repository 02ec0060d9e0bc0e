import type { Report, WriteOptions } from '../../protocol.js';
import { byId, create } from '../parts/elements.js';

/** The stage of the model that a text can be written with. */
export type WritingState = 'none' | 'training' | 'ready';

const hints: Readonly<Record<WritingState, string>> = {
  none: 'Train a model first: then it continues what you type.',
  training: 'Pause, or wait for the end: then it continues what you type.',
  ready: 'It continues what you type. Empty, it begins a text of its own.',
};

/** How a text ended, where that is worth a word. */
const endings = { length: '', stop: '', stopped: ' (stopped)' } as const;

/** The box in which the trained model is given a prompt. */
export class WritingForm {
  private readonly fields = byId<HTMLFieldSetElement>('writing-fields');
  private readonly button = byId<HTMLButtonElement>('write');
  private readonly output = byId('written');
  private state: WritingState | undefined;
  private writing = false;
  private prompt = '';
  /** The continuation so far. */
  private readonly grown = new Text();

  constructor(
    private readonly ask: (options: WriteOptions) => void,
    private readonly stop: () => void,
  ) {
    byId<HTMLFormElement>('writing').addEventListener('submit', (event) => {
      event.preventDefault();
      this.press();
    });
    byId('prompt').addEventListener('keydown', (event) => {
      // Enter alone begins a line.
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
        byId<HTMLFormElement>('writing').requestSubmit();
    });
    this.enable('none');
  }

  enable(state: WritingState): void {
    // What was written stays as long as it is this model's.
    if (state === this.state) return;
    this.state = state;
    this.writing = false;
    this.hint(hints[state]);
    this.show();
  }

  showWritten({ text, ended }: Extract<Report, { kind: 'written' }>): void {
    this.output.classList.remove('quiet');
    if (!this.grown.isConnected) {
      this.output.replaceChildren(create('b', { textContent: this.prompt }), this.grown);
    }
    this.grown.appendData(text);
    if (ended === undefined) return;
    this.output.append(create('i', { textContent: endings[ended] }));
    this.end();
  }

  showError(message: string): void {
    this.hint(message);
    this.end();
  }

  private press(): void {
    if (this.writing) {
      this.stop();
      return;
    }
    this.writing = true;
    this.prompt = byId<HTMLTextAreaElement>('prompt').value;
    this.grown.data = '';
    this.hint('Writing…');
    this.show();
    this.ask({
      prompt: this.prompt,
      temperature: byId<HTMLInputElement>('temperature').valueAsNumber,
      maxNewTokens: byId<HTMLInputElement>('length').valueAsNumber,
      stop: byId<HTMLInputElement>('stop').value.replaceAll('\\n', '\n'),
      seed: crypto.getRandomValues(new Uint32Array(1))[0]!,
    });
  }

  private end(): void {
    this.writing = false;
    this.show();
  }

  private hint(text: string): void {
    this.output.classList.add('quiet');
    this.output.textContent = text;
  }

  private show(): void {
    this.fields.disabled = this.state !== 'ready';
    this.button.textContent = this.writing ? 'Stop' : 'Write';
    this.output.setAttribute('aria-busy', String(this.writing));
  }
}
