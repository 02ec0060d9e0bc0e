import { createColors } from 'picocolors';
import type { Context, Output } from './context.js';

/** Colours for a stream: none where it is no terminal, or `NO_COLOR` is set (https://no-color.org). */
export function colorsFor(output: Output, { env }: Pick<Context, 'env'>) {
  return createColors(output.isTTY === true && !env['NO_COLOR']);
}
