import { sizeOf, type OpNode, type ValueId } from '@attune/core';
import type { RuleGraph } from '../../steps/graph.js';
import type { Gemm, GemmLevel } from './gemm.js';
import { dense, joined, type Layout, type Run } from '../movement/layout.js';
import { layoutOf } from '../movement/movement-chains.js';
import { storedAs, type Stored } from './narrow-operand.js';

/** The operands of a product as `gemm` takes them: its arguments but for places. */
export interface MatmulOperands {
  readonly a: Layout;
  readonly b: RightOperand;
  readonly sizes: Omit<Gemm, 'a' | 'b' | 'c'>;
}

/** The right operand of a product: where it begins in memory, and how it is stored there. */
export interface RightOperand {
  readonly value: ValueId;
  /** In units of 4 bytes. */
  readonly offset: number;
  readonly storage: number;
  readonly scales?: { readonly value: ValueId; readonly of: 'rows' | 'columns' };
}

type Strides = Pick<Gemm, 'rowB' | 'columnB' | 'outer' | 'inner'>;

/** The factors of a stored matrix as those of B, which is the whole of it or its transpose; otherwise undefined. */
function scalesOf({ scales }: Stored, { rowB, columnB, outer, inner }: Strides): RightOperand['scales'] {
  if (!scales || (outer?.b ?? 0) !== 0 || (inner?.b ?? 0) !== 0) return undefined;
  const { value, of, matrix } = scales;
  if (columnB === 1 && rowB === matrix[1]) return { value, of };
  if (rowB === 1 && columnB === matrix[1]) return { value, of: of === 'rows' ? 'columns' : 'rows' };
  return undefined;
}

/** How the right operand is read: from where it is stored, if the kernel can do that. */
function rightOperand(graph: RuleGraph, b: Layout, strides: Strides, size: number): RightOperand {
  const stored = storedAs(graph, b.value);
  const scales = scalesOf(stored, strides);
  const bytes = b.offset * stored.bytesPerElement;
  const isWhole = b.offset === 0 && size === sizeOf(graph.spec(b.value).shape);
  if (bytes % 4 !== 0 || (stored.scales && !(scales && isWhole)))
    return { value: b.value, offset: b.offset, storage: 0 };
  return { value: stored.value, offset: bytes / 4, storage: stored.storage, ...(scales && { scales }) };
}

/** Strides of a matrix along its rows and its columns, one of them 1; undefined where neither is. */
function matrixStrides(layout: Layout, isTransposed: boolean): readonly [number, number] | undefined {
  const [first, second] = layout.axes.slice(-2).map((axis) => joined(axis)) as [Run[], Run[]];
  if (first.length > 1 || second.length > 1) return undefined;
  // Along an axis of one element, any stride will do.
  const [along, across] = isTransposed ? [second[0], first[0]] : [first[0], second[0]];
  if (across === undefined || across.stride === 1) return [along?.stride ?? 1, 1];
  if (along === undefined || along.stride === 1) return [1, across.stride];
  return undefined;
}

/** The leading axes, as levels of products; undefined where an axis of one operand is cut into runs. */
function levelsOf(a: Layout, b: Layout, matrix: number): GemmLevel[] | undefined {
  const levels: GemmLevel[] = [];
  const leading = a.axes.length - 2;
  let c = matrix;
  for (let axis = leading - 1; axis >= 0; axis--) {
    const runs = [joined(a.axes[axis]!), joined(b.axes.length > 2 ? b.axes[axis]! : [])] as const;
    if (runs[0].length > 1 || runs[1].length > 1) return undefined;
    const count = runs[0][0]?.length ?? 1;
    if (count === 1) continue;
    const level = { count, a: runs[0][0]!.stride, b: runs[1][0]?.stride ?? 0, c };
    c *= count;
    const inner = levels[0];
    const goesOn = (name: 'a' | 'b' | 'c') => level[name] === inner![name] * inner!.count;
    if (inner && goesOn('a') && goesOn('b') && goesOn('c'))
      levels[0] = { ...inner, count: count * inner.count };
    else levels.unshift(level);
  }
  return levels;
}

function operandsIn(node: OpNode, graph: RuleGraph, a: Layout, b: Layout): MatmulOperands | undefined {
  const [transposeA, transposeB] = [node.attrs['transposeA'] === true, node.attrs['transposeB'] === true];
  const [m, n] = graph.spec(node.outputs[0]!).shape.slice(-2) as [number, number];
  const k = graph.spec(node.inputs[0]!).shape.at(transposeA ? -2 : -1)!;
  const stridesA = matrixStrides(a, transposeA);
  const stridesB = matrixStrides(b, transposeB);
  const levels = levelsOf(a, b, m * n);
  if (!stridesA || !stridesB || !levels || levels.length > 2) return undefined;
  const strides = { rowA: stridesA[0], columnA: stridesA[1], rowB: stridesB[0], columnB: stridesB[1] };
  const [outer, inner] = levels.length === 2 ? levels : [undefined, levels[0]];
  const levelled = { ...strides, ...(outer && { outer }), ...(inner && { inner }) };
  const operands = { a, b: rightOperand(graph, b, levelled, k * n) };
  // One B for rows that go on from one product to the next: they are one product.
  if (!outer && inner && inner.b === 0 && strides.columnA === 1 && (m === 1 || inner.a === strides.rowA * m))
    return {
      ...operands,
      sizes: { ...strides, rowA: m === 1 ? inner.a : strides.rowA, m: m * inner.count, n, k },
    };
  return { ...operands, sizes: { ...levelled, m, n, k } };
}

/**
 * How `gemm` reads the operands of a `matmul`: by strides where a transpose, a slice or a reshape stands before it, unless
 * strides cannot express that.
 */
export function matmulOperands(graph: RuleGraph, node: OpNode): MatmulOperands {
  const [a, b] = node.inputs.map((id) => layoutOf(graph, id)) as [Layout, Layout];
  const [plainA, plainB] = node.inputs.map((id) => dense(graph, id)) as [Layout, Layout];
  const isEmpty = node.inputs.some((id) => sizeOf(graph.spec(id).shape) === 0);
  return (
    (isEmpty ? undefined : operandsIn(node, graph, a, b)) ??
    operandsIn(node, graph, plainA, b) ??
    operandsIn(node, graph, a, plainB) ??
    operandsIn(node, graph, plainA, plainB)!
  );
}
