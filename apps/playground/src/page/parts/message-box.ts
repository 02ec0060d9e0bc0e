import { create } from './elements.js';

/** A line of a section that says what is the matter. */
export class MessageBox {
  readonly element = create('div', { className: 'message', hidden: true });

  constructor(id: string) {
    this.element.id = id;
    this.element.setAttribute('role', 'status');
  }

  tell(message: string | undefined, kind: 'note' | 'error' = 'note'): void {
    this.element.hidden = message === undefined;
    this.element.textContent = message ?? '';
    this.element.dataset['kind'] = kind;
  }
}
