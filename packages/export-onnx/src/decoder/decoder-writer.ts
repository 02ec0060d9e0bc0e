import type { Shape } from '@attune/core';
import type { NodeAttributes, SymbolicGraph, SymbolicValue } from '@attune/lowering-onnx';
import type { WeightReader } from '../weights/weight-reader.js';

/** ONNX's number of float32, as what Cast casts to. */
const FLOAT = 1;

/** A graph that is being written, with the weights it is written from: what layers are written in. */
export class DecoderWriter {
  constructor(
    readonly graph: SymbolicGraph,
    private readonly weights: WeightReader,
  ) {}

  node(op: string, inputs: readonly SymbolicValue[], attributes?: NodeAttributes): SymbolicValue {
    return this.graph.node(op, inputs, attributes);
  }

  within<T>(path: string, write: () => T): T {
    return this.graph.within(path, write);
  }

  /** A tensor of the model, f32. */
  weight(name: string, shape: Shape): SymbolicValue {
    const weight = this.weights.weight(name, shape);
    return this.widened(this.graph.weight(weight), weight.elementType);
  }

  /** A matrix that the model keeps as `[columns, rows]`, as `f32[rows, columns]`. */
  transposedWeight(name: string, shape: readonly [number, number]): SymbolicValue {
    const weight = this.weights.transposed(name, shape);
    return this.widened(this.graph.weight(weight), weight.elementType);
  }

  /** Rows of a table, `f32[rows, width]`, at `i64[B, T]` → `f32[B, T, width]`. */
  rows(table: string, shape: readonly [number, number], indices: SymbolicValue): SymbolicValue {
    const weight = this.weights.weight(table, shape);
    // Widened after the rows were taken: the table may be large.
    const rows = this.node('Gather', [this.graph.weight(weight), indices], { axis: { int: 0 } });
    return this.widened(rows, weight.elementType);
  }

  private widened(value: SymbolicValue, elementType: string): SymbolicValue {
    return elementType === 'f32' ? value : this.toFloat(value);
  }

  toFloat(x: SymbolicValue): SymbolicValue {
    return this.node('Cast', [x], { to: { int: FLOAT } });
  }

  add(a: SymbolicValue, b: SymbolicValue): SymbolicValue {
    return this.node('Add', [a, b]);
  }

  sub(a: SymbolicValue, b: SymbolicValue): SymbolicValue {
    return this.node('Sub', [a, b]);
  }

  mul(a: SymbolicValue, b: SymbolicValue): SymbolicValue {
    return this.node('Mul', [a, b]);
  }

  matmul(a: SymbolicValue, b: SymbolicValue): SymbolicValue {
    return this.node('MatMul', [a, b]);
  }

  /** In a shape, 0 stands for the length that the axis has, and −1 for what is left. */
  reshape(x: SymbolicValue, shape: Shape): SymbolicValue {
    return this.node('Reshape', [x, this.graph.ints(shape)]);
  }

  transpose(x: SymbolicValue, perm: readonly number[]): SymbolicValue {
    return this.node('Transpose', [x], { perm: { ints: perm } });
  }

  /** With axes of length 1 put in, counted in the result. */
  unsqueeze(x: SymbolicValue, axes: readonly number[]): SymbolicValue {
    return this.node('Unsqueeze', [x, this.graph.ints(axes)]);
  }

  concat(values: readonly SymbolicValue[], axis: number): SymbolicValue {
    return this.node('Concat', values, { axis: { int: axis } });
  }

  /** The length of an axis, `i64[]`. */
  lengthOf(x: SymbolicValue, axis: number): SymbolicValue {
    return this.node('Gather', [this.node('Shape', [x]), this.graph.int(axis)], { axis: { int: 0 } });
  }

  /** Parts of these lengths along the last axis. */
  parts(x: SymbolicValue, lengths: readonly number[]): readonly SymbolicValue[] {
    return this.graph.split('Split', [x, this.graph.ints(lengths)], lengths.length, { axis: { int: -1 } });
  }
}
