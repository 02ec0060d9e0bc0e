import type { OpNode, Program, TensorSpec, ValueId } from '@attune/core';
import type { OnnxRef, Weight } from '../writer/graph.js';
import type { GraphWriter, OnnxValue } from '../writer/graph-writer.js';
import { dataTypeOf } from '../writer/protos.js';
import { Deferred } from './values.js';

/** True if all that reads a value is products with its transpose. */
export function isReadTransposed(program: Program, id: ValueId): boolean {
  const readers = program.nodes.filter(
    (node): node is OpNode => node.kind === 'op' && node.inputs.includes(id),
  );
  return readers.every(
    ({ op, inputs, attrs }) => op === 'matmul' && inputs[0] !== id && attrs['transposeB'] === true,
  );
}

/**
 * A weight that is part of the model, in the form that suits what reads it: as it is, or turned beforehand; and narrow
 * until it has to be widened.
 */
export class StoredWeight extends Deferred {
  private stored?: OnnxValue;

  /** @param isTransposed true if it is stored turned, for products that read it so. */
  constructor(
    private readonly writer: GraphWriter,
    spec: TensorSpec,
    private readonly weight: Weight,
    readonly isTransposed: boolean,
  ) {
    super(spec);
  }

  protected write(): OnnxValue {
    return this.widened(this.asItIs());
  }

  private asItIs(): OnnxValue {
    return (this.stored ??= this.writer.weight(this.weight));
  }

  /** The weight `[rows, columns]` as `[columns, rows]`: the form `MatMul` takes it in, and quantizers look for. */
  transposed(): OnnxValue {
    return this.widened(this.writer.weight(transposed(this.weight)));
  }

  /** Rows at indices. Widened after they were taken: the table may be large. */
  rows(indices: OnnxRef, out: TensorSpec): OnnxValue {
    const rows = this.writer.apply('Gather', [this.asItIs(), indices], out, { axis: { int: 0 } });
    return this.widened(rows);
  }

  private widened(value: OnnxValue): OnnxValue {
    if (this.weight.elementType === 'f32') return value;
    return this.writer.apply('Cast', [value], value, { to: { int: dataTypeOf('f32') } });
  }
}

/** A feed of i32 that is an input of int64, as models elsewhere take indices. */
export class WideInput extends Deferred {
  constructor(
    private readonly writer: GraphWriter,
    /** As it comes in: for operators that take indices of either width. */
    readonly wide: OnnxValue,
  ) {
    super(wide);
  }

  protected write(): OnnxValue {
    return this.writer.apply('Cast', [this.wide], this.wide, { to: { int: dataTypeOf('i32') } });
  }
}

/** A matrix the other way round, turned when it is read. */
function transposed(weight: Weight): Weight {
  const { shape, elementType } = weight;
  const [rows, columns] = shape as [number, number];
  const read = async () => {
    const bytes = await weight.read();
    const result = new Uint8Array(bytes.byteLength);
    transpose(elementsOf(bytes, elementType), elementsOf(result, elementType), rows, columns);
    return result;
  };
  return { ...weight, shape: [columns, rows], read };
}

type Elements = Uint32Array | Uint16Array;

function elementsOf({ buffer, byteOffset, byteLength }: Uint8Array, type: Weight['elementType']): Elements {
  return type === 'f32'
    ? new Uint32Array(buffer, byteOffset, byteLength / 4)
    : new Uint16Array(buffer, byteOffset, byteLength / 2);
}

function transpose(from: Elements, to: Elements, rows: number, columns: number): void {
  // By blocks, so that what is read and what is written stay in the cache.
  const block = 32;
  for (let top = 0; top < rows; top += block) {
    for (let left = 0; left < columns; left += block) {
      const [bottom, right] = [Math.min(rows, top + block), Math.min(columns, left + block)];
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          to[column * rows + row] = from[row * columns + column]!;
        }
      }
    }
  }
}
