import { bytesPerElement, isStorage, sizeOf, type OpNode, type ValueId } from '@attune/core';
import type { RuleGraph } from '../../steps/graph.js';
import { computedBy } from '../chain/region.js';

/** Dtypes that kernels read weights in, by number: `Storage` of `kernels/narrow.h`. Other words are copied as f32 is. */
const storages = ['f32', 'bf16', 'f16', 'i8'] as const;

/** Factors of a matrix, which has at least two rows and two columns: one for each of its rows, or for each of its columns. */
export interface Scales {
  readonly value: ValueId;
  readonly of: 'rows' | 'columns';
  readonly matrix: readonly [rows: number, columns: number];
}

/** A value as it is stored: in the memory of another, whose elements kernels widen as they read them. */
export interface Stored {
  readonly value: ValueId;
  readonly storage: number;
  readonly bytesPerElement: number;
  readonly scales?: Scales;
}

/** The value of a storage type that a value is widened from, if it is. */
function widenedFrom(graph: RuleGraph, id: ValueId): ValueId | undefined {
  const node = computedBy(graph, id);
  const from = node?.op === 'cast' ? node.inputs[0]! : undefined;
  return from !== undefined && isStorage(graph.spec(from).dtype) ? from : undefined;
}

/** The weights and the factors of `cast(weights) · scales`, where that is a matrix with factors for its rows or its columns. */
function scaledFrom(graph: RuleGraph, { inputs, outputs }: OpNode): [ValueId, Scales] | undefined {
  const [rows, columns, ...others] = graph.spec(outputs[0]!).shape;
  if (rows === undefined || columns === undefined || others.length > 0 || Math.min(rows, columns) < 2)
    return undefined;
  for (const [i, id] of inputs.entries()) {
    const from = widenedFrom(graph, id);
    if (from === undefined || sizeOf(graph.spec(from).shape) !== rows * columns) continue;
    let scales = inputs[1 - i]!;
    const repeated = graph.producedBy(scales, 'broadcastTo');
    if (repeated) scales = repeated.inputs[0]!;
    const factors = [1, ...graph.spec(scales).shape].slice(-2).join();
    const matrix = [rows, columns] as const;
    if (factors === `${rows},1`) return [from, { value: scales, of: 'rows', matrix }];
    if (factors === `1,${columns}`) return [from, { value: scales, of: 'columns', matrix }];
  }
  return undefined;
}

/** A value as it lies in its own memory. */
function asItIs(graph: RuleGraph, value: ValueId): Stored {
  const { dtype } = graph.spec(value);
  const storage = Math.max(0, storages.indexOf(dtype as (typeof storages)[number]));
  return { value, storage, bytesPerElement: bytesPerElement[dtype] };
}

/**
 * How a value may be read from memory: as it is or, where it is widened from a storage type, `cast(weights)` or
 * `cast(weights) · scales`, from there. Its elements lie in the same order.
 */
export function storedAs(graph: RuleGraph, id: ValueId): Stored {
  const node = computedBy(graph, id);
  const scaled = node?.op === 'mul' ? scaledFrom(graph, node) : undefined;
  const [value, scales] = scaled ?? [widenedFrom(graph, id) ?? id];
  return { ...asItIs(graph, value), ...(scales && { scales }) };
}

/** The same for a table of so many rows: factors are of its rows or columns, then. */
export function storedTable(graph: RuleGraph, id: ValueId, rows: number, columns: number): Stored {
  const stored = storedAs(graph, id);
  const [scaledRows, scaledColumns] = stored.scales?.matrix ?? [rows, columns];
  return scaledRows === rows && scaledColumns === columns ? stored : asItIs(graph, id);
}
