import type { MaskedRow, MaskedToken, RowsPreview } from '../../messages/finetune.js';
import { create } from '../parts/elements.js';
import { formatCount } from '../parts/format.js';

/** Shows which tokens of the rows carry loss, before a step is spent. */
export class MaskView {
  readonly element = create('div', { id: 'mask', hidden: true });

  hide(): void {
    this.element.hidden = true;
  }

  show({ rows, trainRows, heldOutRows, tokens, trainedTokens, faults, notes }: RowsPreview): void {
    const share = tokens === 0 ? 0 : Math.round((100 * trainedTokens) / tokens);
    const heldOut = heldOutRows > 0 ? `, ${formatCount(heldOutRows)} held out for validation` : '';
    this.element.hidden = false;
    this.element.replaceChildren(
      create('h2', { textContent: 'The mask' }),
      create('p', {
        id: 'mask-summary',
        textContent:
          `${formatCount(trainRows)} rows to train on${heldOut}; ` +
          `${formatCount(trainedTokens)} of ${formatCount(tokens)} tokens (${share} %) carry loss.`,
      }),
      create(
        'p',
        { className: 'quiet' },
        create('mark', { textContent: 'Marked tokens' }),
        ' carry loss: the model learns to write them. The others are only read.',
      ),
      ...list('faults', faults),
      ...list('notes', notes),
      // It scrolls, and so has to be reached by the keyboard.
      create(
        'ol',
        { className: 'rows', id: 'mask-rows', tabIndex: 0, ariaLabel: 'Rows as the model reads them' },
        ...rows.map(rowElement),
      ),
    );
  }
}

function list(name: string, lines: readonly string[]): HTMLElement[] {
  if (lines.length === 0) return [];
  return [create('ul', { className: name }, ...lines.map((line) => create('li', { textContent: line })))];
}

function rowElement({ line, isHeldOut, tokens, more }: MaskedRow): HTMLElement {
  const rest = more > 0 ? ` … and ${formatCount(more)} tokens more` : '';
  return create(
    'li',
    {},
    create('small', { textContent: `line ${line}${isHeldOut ? ', held out' : ''}` }),
    create('code', {}, ...tokens.map(tokenElement), rest),
  );
}

/** A token: what cannot be seen, such as a line feed, is shown by a sign. */
function tokenElement({ text, weight }: MaskedToken): HTMLElement {
  const shown = text.replaceAll('\n', '↵\n').replaceAll('\t', '⇥') || '·';
  const token = create(weight > 0 ? 'mark' : 'span', { textContent: shown });
  if (weight > 0 && weight !== 1) token.title = `weight ${weight}`;
  return token;
}
