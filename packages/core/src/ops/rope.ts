import type { Tensor } from '../graph/tensor.js';
import type { Vocabulary } from '../graph/vocabulary.js';
import { expectInputs, expectRank, expectShape } from '../tensor/checks.js';
import { broadcastShapes, formatSpec, sameShape, type Shape } from '../tensor/index.js';
import { defineComposite } from './define.js';

/** The first and the second half of the last axis. */
function halves(g: Vocabulary, x: Tensor): [Tensor, Tensor] {
  const half = halved(x.shape);
  const start = half.map(() => 0);
  return [g.slice(x, start, half), g.slice(x, [...start.slice(0, -1), half.at(-1)!], half)];
}

function halved(shape: Shape): Shape {
  return [...shape.slice(0, -1), shape.at(-1)! / 2];
}

/**
 * Rotary position embedding in its rotate-half form: entry `d` of a row and entry `d + D/2` are the coordinates of a point
 * that is turned by an angle, `x f32[…, T, D]` and the angles' `cos`, `sin f32[…, T, D/2]`, which broadcast, →
 * `f32[…, T, D]`.
 *
 * Source: Su et al., "RoFormer" (2021); transformers' `apply_rotary_pos_emb`.
 */
export const rope = defineComposite(
  'rope',
  (g, [x, cos, sin]: readonly [Tensor, Tensor, Tensor]) => {
    const [x1, x2] = halves(g, x);
    const turned = [g.sub(g.mul(x1, cos), g.mul(x2, sin)), g.add(g.mul(x2, cos), g.mul(x1, sin))];
    return g.concat(turned, -1);
  },
  {
    check: (inputs) => {
      expectInputs('rope', inputs, ['f32', 'f32', 'f32']);
      const [x, cos, sin] = inputs;
      expectRank('rope', 'x', x!, 2);
      const half = halved(x!.shape);
      expectShape(Number.isInteger(half.at(-1)), () => `rope: the last axis of ${formatSpec(x!)} is odd.`);
      for (const table of [cos!, sin!]) {
        expectShape(
          table.shape.length <= half.length && sameShape(broadcastShapes('rope', half, table.shape), half),
          () => `rope: ${formatSpec(table)} does not broadcast to [${half.join(', ')}].`,
        );
      }
    },
    // Turned back by the same angle.
    grad: (g, { inputs: [x, cos, sin], dOutput }) => {
      const [[x1, x2], [d1, d2]] = [halves(g, x!), halves(g, dOutput)];
      return [
        g.rope(dOutput, cos!, g.neg(sin!)),
        g.sumTo(g.add(g.mul(d1, x1), g.mul(d2, x2)), cos!.shape),
        g.sumTo(g.sub(g.mul(d2, x1), g.mul(d1, x2)), sin!.shape),
      ];
    },
  },
);
