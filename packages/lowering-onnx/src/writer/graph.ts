import type { DType, HostTensor, Shape, TensorSpec } from '@attune/core';
import type { NodeAttributes } from './attributes.js';

/** The dtype of a tensor in a model: those of programs, one that only weights have, and one of inputs and shapes. */
export type ElementType = DType | 'i64';

/** A length, or the name of one that is known only when the model runs: equal names are equal lengths. */
export type Dimension = number | string;

/** Anything that a node reads. Its name in the model is settled when the graph is done. */
export interface OnnxRef {
  readonly id: number;
}

/** A value of an ONNX graph that has the dtype of a program's. */
export interface OnnxValue extends OnnxRef, TensorSpec {}

/** An operator that is applied. */
export interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  /** Ids; an optional input that is left out is `undefined`. */
  readonly inputs: readonly (number | undefined)[];
  readonly outputs: readonly OnnxValue[];
  readonly attributes: NodeAttributes;
}

/** A tensor that is part of a model, and is read only when the model is written. */
export interface Weight {
  readonly name: string;
  readonly elementType: 'f32' | 'f16';
  readonly shape: Shape;
  /** Its elements, little-endian: as many bytes as the shape asks for. */
  read(): Promise<Uint8Array>;
}

/** A part of a model: a list of int64 (a shape, or axes), a tensor, or a weight that is yet to be read. */
export type Initializer =
  | { readonly kind: 'ints'; readonly values: readonly number[] }
  | { readonly kind: 'tensor'; readonly tensor: HostTensor }
  | { readonly kind: 'weight'; readonly weight: Weight };

/** An input or an output of a model. */
export interface Port {
  readonly id: number;
  readonly name: string;
  readonly elementType: ElementType;
  readonly shape: readonly Dimension[];
}

/** An ONNX graph as data: all that its outputs need, in a topological order. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<number, Initializer>;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Names of inputs, outputs and weights by id. What has none is named by its id. */
  readonly names: ReadonlyMap<number, string>;
}
