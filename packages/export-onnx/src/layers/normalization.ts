import type { SymbolicValue } from '@attune/lowering-onnx';
import type { DecoderWriter } from '../decoder/decoder-writer.js';

/** Layer norm over the last axis. */
export function layerNorm(
  w: DecoderWriter,
  x: SymbolicValue,
  path: string,
  { width, bias, epsilon }: { readonly width: number; readonly bias: boolean; readonly epsilon: number },
): SymbolicValue {
  const scale = w.weight(`${path}.weight`, [width]);
  const inputs = bias ? [x, scale, w.weight(`${path}.bias`, [width])] : [x, scale];
  return w.node('LayerNormalization', inputs, { axis: { int: -1 }, epsilon: { float: epsilon } });
}

/** Root mean square norm over the last axis, in the form that onnxruntime makes one kernel of. */
export function rmsNorm(
  w: DecoderWriter,
  x: SymbolicValue,
  path: string,
  { width, epsilon }: { readonly width: number; readonly epsilon: number },
): SymbolicValue {
  const squares = w.node('Pow', [x, w.graph.float(2)]);
  const mean = w.node('ReduceMean', [squares], { axes: { ints: [-1] }, keepdims: { int: 1 } });
  const root = w.node('Sqrt', [w.add(mean, w.graph.float(epsilon))]);
  return w.mul(w.node('Div', [x, root]), w.weight(`${path}.weight`, [width]));
}
