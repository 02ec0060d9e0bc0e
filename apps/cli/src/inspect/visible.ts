import { withoutControls } from '../printing/printable.js';

/**
 * A text as it can be shown: line ends are seen and taken, other controls are written out, so that no data commands the
 * terminal.
 */
export function visible(text: string): string {
  return withoutControls(text).replaceAll('\t', '⇥\t').replaceAll('\n', '⏎\n');
}
