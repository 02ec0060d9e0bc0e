import type { SymbolicValue } from '@attune/lowering-onnx';
import { ropeFrequencies, type RopeConfig } from '@attune/nn';
import type { DecoderWriter } from '../decoder/decoder-writer.js';

/** Cosines and sines of the angles of tokens, `f32[B, 1, T, D/2]`. */
export interface Rotation {
  readonly cos: SymbolicValue;
  readonly sin: SymbolicValue;
}

/**
 * The rotation of positions `i64[B, T]`, for heads of `width`. Frequencies do not depend on the length of a text: those of
 * `dynamic` scaling hold up to the model's `maxPositions`.
 */
export function rotation(
  w: DecoderWriter,
  positions: SymbolicValue,
  rope: RopeConfig,
  width: number,
): Rotation {
  const { frequencies, scale } = ropeFrequencies(rope, width);
  const places = w.unsqueeze(w.toFloat(positions), [1, 3]); // [B, 1, T, 1]
  const angles = w.mul(places, w.graph.floats(frequencies));
  const of = (op: 'Cos' | 'Sin') => {
    const value = w.node(op, [angles]);
    return scale === 1 ? value : w.mul(value, w.graph.float(scale));
  };
  return { cos: of('Cos'), sin: of('Sin') };
}

/** Heads `f32[B, heads, T, D]` turned by their positions: each number of the first half with its like in the second. */
export function rotate(
  w: DecoderWriter,
  x: SymbolicValue,
  { cos, sin }: Rotation,
  width: number,
): SymbolicValue {
  const [first, second] = w.parts(x, [width / 2, width / 2]) as [SymbolicValue, SymbolicValue];
  const turned = [w.sub(w.mul(first, cos), w.mul(second, sin)), w.add(w.mul(second, cos), w.mul(first, sin))];
  return w.concat(turned, -1);
}
