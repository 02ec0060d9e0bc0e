/** Values at the ends of float32: NaN, infinities, zeros of both signs, denormals. */

const specials = [NaN, Infinity, -Infinity, 0, -0, 1e-40, -1e-45, 1.17549435e-38];

/** Inputs some of whose numbers are replaced. */
export function sprinkled(chance, inputs) {
  const kind = chance.pick(['a few', 'denormals']);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]) => {
      if (tensor.dtype !== 'f32') return [name, tensor];
      const data = tensor.data.slice();
      if (kind === 'denormals') data.forEach((value, i) => (data[i] = value * 1e-39));
      else
        for (let i = chance.below(4); i > 0 && data.length > 0; i--)
          data[chance.below(data.length)] = chance.pick(specials);
      return [name, { ...tensor, data }];
    }),
  );
}

/** True if there are numbers for which float64 and float32 differ in kind. */
export const hasSpecials = ({ dtype, data }) =>
  dtype === 'f32' && data.some((x) => !Number.isFinite(x) || (x !== 0 && Math.abs(x) < 1.2e-38));
