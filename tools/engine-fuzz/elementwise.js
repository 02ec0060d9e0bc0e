/** Expressions of elementwise ops, of any size and shape, whose errors do not grow much. */

const unary = [
  (g, x) => g.tanh(x),
  (g, x) => g.sigmoid(x),
  (g, x) => g.erf(x),
  (g, x) => g.gelu(x),
  (g, x) => g.gelu(x, 'tanh'),
  (g, x) => g.silu(x),
  (g, x) => g.neg(x),
  (g, x) => g.square(g.tanh(x)),
  (g, x) => g.exp(g.tanh(x)),
  (g, x) => g.log(g.add(g.square(x), 0.5)),
  (g, x) => g.sqrt(g.add(g.square(x), 0.25)),
  (g, x) => g.rsqrt(g.add(g.square(x), 0.5)),
  (g, x) => g.mul(x, 0.75),
  (g, x) => g.sub(1, x),
];
/** With kinks: results agree there, gradients need not. */
const kinked = [(g, x) => g.abs(x), (g, x) => g.relu(x), (g, x) => g.minimum(x, 0.3)];
const binary = [
  (g, x, y) => g.add(x, y),
  (g, x, y) => g.sub(x, y),
  (g, x, y) => g.mul(g.tanh(x), y),
  (g, x, y) => g.div(x, g.add(g.square(y), 1)),
];
const kinkedBinary = [(g, x, y) => g.maximum(x, y), (g, x, y) => g.minimum(x, y)];

/** An expression of `count` ops over `x` and other values that broadcast to its shape. */
export function expression(chance, g, x, others, count, smooth) {
  const unaries = smooth ? unary : [...unary, ...kinked];
  const binaries = smooth ? binary : [...binary, ...kinkedBinary];
  const values = [x];
  for (let i = 0; i < count; i++) {
    const latest = values.at(-1);
    const other = chance.is(0.3) ? chance.pick(values) : chance.pick(others);
    if (other === undefined || chance.is(0.5)) values.push(chance.pick(unaries)(g, latest));
    else values.push(chance.pick(binaries)(g, ...(chance.is(0.5) ? [latest, other] : [other, latest])));
  }
  return values.at(-1);
}
