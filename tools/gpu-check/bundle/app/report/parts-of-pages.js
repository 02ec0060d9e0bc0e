/** Lines and cells that several sections of a report have in common. */
import { block, figure, oneLine } from './format.js';

/** How a part of the check ended. */
export const stateOf = ({ state, seconds, reason, error }) =>
  [
    state,
    ...(seconds === undefined ? [] : [`${figure(seconds)} s`]),
    ...(reason ? [reason] : []),
    ...(error ? [oneLine(error.message)] : []),
  ].join(', ');

/** The cell of one of PyTorch's ways: its figures, or why there are none. */
export function variantCell(variant, figuresOf) {
  if (!variant) return '–';
  if (variant.notRun !== undefined) return oneLine(variant.notRun);
  return variant.error ? 'failed' : figuresOf(variant);
}

/** The errors of PyTorch's side in a part. */
export const pytorchErrors = ({ name, result }) =>
  Object.entries(result.pytorch ?? {})
    .filter(([, { error }]) => error)
    .map(([variant, { error }]) => {
      const text = [error.message, error.stderr].filter(Boolean).join('\n');
      return `PyTorch, ${variant}, ${name}:\n\n${block(text)}`;
    });
