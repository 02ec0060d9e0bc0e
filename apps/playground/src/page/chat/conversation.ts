import { create } from '../parts/elements.js';

/** The turns of a conversation, the newest below. */
export class Conversation {
  readonly element = create('div', { id: 'chat-log', tabIndex: 0 });
  private answer: HTMLElement | undefined;

  constructor() {
    this.element.setAttribute('role', 'log');
    this.element.setAttribute('aria-label', 'Conversation');
    this.clear();
  }

  clear(): void {
    this.answer = undefined;
    this.element.replaceChildren(
      create('p', { className: 'quiet', textContent: 'Say something. Nothing leaves this machine.' }),
    );
  }

  /** Adds a message and the place of its answer. */
  ask(text: string): void {
    if (!this.element.querySelector('.turn')) this.element.replaceChildren();
    this.answer = create('div', { className: 'turn answer' });
    this.answer.setAttribute('aria-busy', 'true');
    this.element.append(create('div', { className: 'turn asked', textContent: text }), this.answer);
    this.showEnd();
  }

  /** Adds a piece to the answer. */
  grow(piece: string): void {
    this.answer?.append(piece);
    this.showEnd();
  }

  /** Ends the answer. @param note on how it ended, if that is worth a word. */
  end(note: string): void {
    if (!this.answer) return;
    this.answer.setAttribute('aria-busy', 'false');
    if (this.answer.textContent === '') this.answer.append(create('i', { textContent: '(nothing)' }));
    this.answer.append(create('small', { textContent: note }));
    this.answer = undefined;
    this.showEnd();
  }

  /** Shows that there is no answer, and why. */
  fail(message: string): void {
    const { answer } = this;
    this.answer = undefined;
    if (!answer) return;
    answer.setAttribute('aria-busy', 'false');
    answer.classList.add('failed');
    answer.textContent = message;
    this.showEnd();
  }

  private showEnd(): void {
    this.element.scrollTop = this.element.scrollHeight;
  }
}
