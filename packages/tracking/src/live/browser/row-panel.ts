import type { LiveRow } from '../messages.js';
import { ask, byId, element, setText } from './dom.js';
import { count } from './format.js';

/** Rows that are trained on, token by token: which are trained, and how heavily. */
export class RowPanel {
  private rows: readonly LiveRow[] | undefined;
  private index = 0;
  private asking = false;

  constructor() {
    byId('row-before').addEventListener('click', () => this.show(this.index - 1));
    byId('row-after').addEventListener('click', () => this.show(this.index + 1));
  }

  /** Asks for the rows, if that was not done yet. */
  async update(hasRows: boolean): Promise<void> {
    if (!hasRows || this.rows || this.asking) return;
    this.asking = true;
    try {
      this.rows = await ask<LiveRow[]>('rows');
      this.show(0);
    } catch {
      // The next connection asks again.
    }
    this.asking = false;
  }

  private show(index: number): void {
    const { rows = [] } = this;
    const row = rows[index];
    if (!row) return;
    this.index = index;
    byId('rows').hidden = false;
    byId<HTMLButtonElement>('row-before').disabled = index === 0;
    byId<HTMLButtonElement>('row-after').disabled = index === rows.length - 1;
    const trained = row.tokens.filter(([, , weight]) => weight > 0).length;
    const label = row.label === null ? '' : `, label ${row.label}`;
    const total = row.tokens.length + row.more;
    const share =
      row.more > 0
        ? `${count(trained)} of the first ${count(row.tokens.length)} trained`
        : `${count(trained)} trained`;
    setText('of-row', `${row.source}: ${count(total)} tokens, ${share}${label}`);
    byId('row-text').replaceChildren(
      ...row.tokens.map(token),
      ...(row.more > 0 ? [element('span', 'faint', ' …')] : []),
    );
  }
}

function token([id, text, weight]: LiveRow['tokens'][number]): HTMLElement {
  const look = weight === 0 ? 'untrained' : weight < 1 ? 'lighter' : weight > 1 ? 'heavier' : 'trained';
  const shown = text === '' ? '·' : text.replaceAll('\t', '⇥\t').replaceAll('\n', '⏎\n');
  const span = element('span', `t ${look}`, shown);
  span.title = `token ${id}, weight ${weight}`;
  return span;
}
