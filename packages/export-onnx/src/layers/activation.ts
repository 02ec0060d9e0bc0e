import type { SymbolicValue } from '@attune/lowering-onnx';
import type { DecoderWriter } from '../decoder/decoder-writer.js';

/** GELU with the error function, in the form that onnxruntime makes one kernel of. */
export function gelu(w: DecoderWriter, x: SymbolicValue): SymbolicValue {
  const erf = w.node('Erf', [w.node('Div', [x, w.graph.float(Math.SQRT2)])]);
  return w.mul(w.mul(x, w.add(erf, w.graph.float(1))), w.graph.float(0.5));
}

/** GELU's approximation by tanh, as GPT-2 was published with. */
export function geluTanh(w: DecoderWriter, x: SymbolicValue): SymbolicValue {
  const cube = w.node('Pow', [x, w.graph.float(3)]);
  const inner = w.add(x, w.mul(cube, w.graph.float(0.044715)));
  const tanh = w.node('Tanh', [w.mul(inner, w.graph.float(Math.sqrt(2 / Math.PI)))]);
  return w.mul(w.mul(x, w.graph.float(0.5)), w.add(tanh, w.graph.float(1)));
}

/** `x · sigmoid(x)`. */
export function silu(w: DecoderWriter, x: SymbolicValue): SymbolicValue {
  return w.mul(x, w.node('Sigmoid', [x]));
}
