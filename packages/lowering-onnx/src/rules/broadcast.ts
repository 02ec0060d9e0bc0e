import { broadcastShapes, sameShape, type Shape } from '@attune/core';
import type { NodeContext } from './context.js';
import { Constant, force, specOf, Stretched, type LoweredValue } from './values.js';
import type { OnnxValue } from '../writer/graph-writer.js';

/** The smallest form of an operand from which an elementwise node can stretch it. */
function narrow(value: LoweredValue): { readonly shape: Shape; readonly write: () => OnnxValue } {
  if (value instanceof Stretched) return narrow(value.base);
  if (value instanceof Constant && value.fill !== undefined)
    return { shape: [], write: () => value.scalar() };
  return { shape: specOf(value).shape, write: () => force(value) };
}

/** Inputs of an elementwise node: stretched tensors as they were before, if the others give the result its shape. */
export function elementwiseInputs({ operands, out }: NodeContext): OnnxValue[] {
  const forms = operands.map(narrow);
  const fits = (shapes: readonly Shape[]) =>
    sameShape(
      shapes.reduce((a, b) => broadcastShapes('elementwise', a, b)),
      out.shape,
    );
  if (fits(forms.map((form) => form.shape))) return forms.map((form) => form.write());
  const whole = operands.findIndex((operand) => sameShape(specOf(operand).shape, out.shape));
  if (whole < 0) return operands.map(force);
  return operands.map((operand, i) => (i === whole ? force(operand) : forms[i]!.write()));
}
