import { sizeOf, stridesOf, type DType, type Shape, type ValueId } from '@attune/core';
import { wholeBox, type Box } from './boxes.js';
import type { Layout, Run } from './layout.js';
import type { StepWriter, Word } from '../../steps/rule.js';

/** Axes that the kernel `move` goes along; further ones take a call for each of their elements. */
const AXES = 6;

/** A run of elements in the source and in the target. */
interface Axis {
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

/** Fills a box: elements of a value, or one number. */
type Filling = Layout | number;

/** Axes of the box, with the runs that each is made of in the source. */
function axesOf(filling: Filling, box: Box, strides: readonly number[]): Axis[] {
  return box.sizes.flatMap((length, i) => {
    const runs: readonly Run[] = typeof filling === 'number' ? [{ length, stride: 0 }] : filling.axes[i]!;
    let rest = length;
    return runs.map((run) => {
      rest /= run.length;
      return { length: run.length, from: run.stride, to: rest * strides[i]! };
    });
  });
}

/** In the order of the target, those that lie together in both places as one. */
function merged(axes: readonly Axis[]): Axis[] {
  const result: Axis[] = [];
  for (const axis of axes) {
    const last = result.at(-1);
    if (axis.length === 1) continue;
    if (last && last.from === axis.from * axis.length && last.to === axis.to * axis.length) {
      result[result.length - 1] = { ...axis, length: last.length * axis.length };
    } else {
      result.push(axis);
    }
  }
  return result;
}

/** The axis along which the source is contiguous becomes the last but one: the kernel transposes the last two. */
function withRows(axes: readonly Axis[]): readonly Axis[] {
  const rows = axes.findIndex(({ from }) => from === 1);
  if (rows === -1 || rows >= axes.length - 1) return axes;
  return [...axes.slice(0, rows), ...axes.slice(rows + 1, -1), axes[rows]!, axes.at(-1)!];
}

/** The bits of a number in a dtype. */
function bitsOf(tape: StepWriter, value: number, dtype: DType): Word {
  return dtype === 'f32' ? tape.f32(value) : value;
}

/** Calls `move` for each element of the axes that are too many. */
function call(
  tape: StepWriter,
  args: readonly Word[],
  starts: [number, number],
  axes: readonly Axis[],
  end: readonly Word[],
) {
  if (axes.length > AXES) {
    const [outer, ...inner] = axes as readonly [Axis, ...Axis[]];
    for (let i = 0; i < outer.length; i++) {
      call(tape, args, [starts[0] + i * outer.from, starts[1] + i * outer.to], inner, end);
    }
    return;
  }
  const missing = Array.from({ length: AXES - axes.length }, () => ({ length: 1, from: 0, to: 0 }));
  const all = [...missing, ...axes];
  tape.call('move', [
    ...args,
    ...starts,
    ...end,
    ...all.map(({ length }) => length),
    ...all.map(({ from }) => from),
    ...all.map(({ to }) => to),
  ]);
}

/** Fills a box of a value of a shape and dtype: with the elements of a layout, or with a number. */
export function fillBox(
  tape: StepWriter,
  filling: Filling,
  target: ValueId,
  { shape, dtype }: { readonly shape: Shape; readonly dtype: DType },
  box: Box = wholeBox(shape),
): void {
  if (sizeOf(box.sizes) === 0) return;
  const strides = stridesOf(shape);
  const start = box.starts.reduce((sum, first, i) => sum + first * strides[i]!, 0);
  const isNumber = typeof filling === 'number';
  call(
    tape,
    [...(isNumber ? tape.nowhere : tape.ref(filling.value)), ...tape.ref(target)],
    [isNumber ? 0 : filling.offset, start],
    withRows(merged(axesOf(filling, box, strides))),
    [dtype === 'bool' ? 1 : 4, isNumber ? bitsOf(tape, filling, dtype) : 0],
  );
}
