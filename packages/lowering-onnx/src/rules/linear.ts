import { sizeOf } from '@attune/core';
import type { NodeContext, Rule } from './context.js';
import { StoredWeight, WideInput } from './stored.js';
import { Constant, force, ScatteredRows, type LoweredValue } from './values.js';
import type { OnnxValue } from '../writer/graph-writer.js';

/** Up to this many elements a one-hot matrix and a product add rows faster than a scatter does. */
const ONE_HOT = 1 << 20;

const matmul: Rule = (c) => {
  const [a, b] = c.operands as [LoweredValue, LoweredValue];
  const [transposeA, transposeB] = [c.attr<boolean>('transposeA'), c.attr<boolean>('transposeB')];
  const isStored = b instanceof StoredWeight && b.isTransposed;
  if (isStored) return [c.ops.matmul(force(a), b.transposed(), { transposeA })];
  return [c.ops.matmul(force(a), force(b), { transposeA, transposeB })];
};

const gather: Rule = ({ writer, operands, out }) => {
  const [table, indices] = operands as [LoweredValue, LoweredValue];
  const places = indices instanceof WideInput ? indices.wide : force(indices);
  if (table instanceof StoredWeight) return [table.rows(places, out)];
  return [writer.apply('Gather', [force(table), places], out, { axis: { int: 0 } })];
};

/** `oneHot(indices)ᵀ · updates`. */
function product({ ops, out }: NodeContext, indices: OnnxValue, rows: OnnxValue): OnnxValue {
  const hot = ops.oneHot(indices, out.shape[0]!);
  return ops.reshape(ops.matmul(hot, rows, { transposeA: true }), out.shape);
}

/**
 * Adds rows to a table, element by element and one after the other. `ScatterND`, which would add whole rows, races where
 * indices repeat.
 */
function scatter(c: NodeContext, table: OnnxValue, indices: OnnxValue, rows: OnnxValue): OnnxValue {
  const { ops, writer, out } = c;
  const [count, width] = rows.shape as [number, number];
  const flat = ops.reshape(table, [out.shape[0]!, width]);
  const positions = ops.expand(ops.reshape(indices, [count, 1]), [count, width]);
  const attributes = { axis: { int: 0 }, reduction: 'add' };
  const added = writer.apply('ScatterElements', [flat, positions, rows], flat, attributes);
  return ops.reshape(added, out.shape);
}

/** A product where it is small, and exact in any order; else a scatter, which does not grow with the table. */
const scatterAdd: Rule = (c) => {
  const { ops, writer, out, inputs } = c;
  const count = sizeOf(inputs[0]!.shape);
  const indices = ops.reshape(inputs[0]!, [count]);
  const rows = ops.reshape(inputs[1]!, [count, sizeOf(out.shape.slice(1))]);
  if (count * out.shape[0]! <= ONE_HOT) return [product(c, indices, rows)];
  const addTo = (table: OnnxValue) => scatter(c, table, indices, rows);
  return [new ScatteredRows(out, addTo, () => addTo(Constant.filled(writer, out, 0).force()))];
};

export const linearRules = {
  matmul,
  gather,
  scatterAdd,
} satisfies Record<string, Rule>;
