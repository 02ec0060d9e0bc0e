import { gradients, NdArray, type GraphBuilder, type Shape, type Tensor } from '@attune/core';
import { differences, noise, programOf, stepsOf } from '../../testing/kernels.js';

/** Relative error of float32 sums of the lengths here. */
const tolerance = 1e-5;

const feed = (g: GraphBuilder, name: string, shape: Shape) => g.feed(name, { shape, dtype: 'f32' });

async function expectAgreement(...args: Parameters<typeof differences>): Promise<void> {
  for (const [name, difference] of Object.entries(await differences(...args)))
    expect([name, difference < tolerance ? 'agrees' : difference]).toEqual([name, 'agrees']);
}

/** Heads of a part of a joint projection: `[B, T, parts · H · D] → [B, H, T, D]`. */
function headsOf(g: GraphBuilder, x: Tensor, part: number, heads: number): Tensor {
  const [batch, length, joint] = x.shape as [number, number, number];
  const width = joint / 3;
  const own = g.slice(x, [0, 0, part * width], [batch, length, width]);
  return g.transpose(g.reshape(own, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** Heads back in rows of tokens, `[B, H, T, D] → [B, T, H · D]`. */
function tokensOf(g: GraphBuilder, x: Tensor): Tensor {
  const [batch, heads, length, width] = x.shape as [number, number, number, number];
  return g.reshape(g.transpose(x, [0, 2, 1, 3]), [batch, length, heads * width]);
}

const shapes: Shape[] = [
  [1, 1],
  [7, 3],
  [2, 13, 8],
  [2, 3, 37, 5],
  [1, 2, 101, 32],
  [2, 1, 64, 64],
  [1, 1, 67, 80],
  [2, 2, 2, 9, 4],
  [0, 4, 3],
  [2, 0, 3],
];

describe.each(shapes.map((shape) => [shape]))('attention of %j', (shape) => {
  it.each([[true], [false]])(
    'agrees with its definition, forward and backward, causal: %s',
    async (causal) => {
      const program = programOf((g) => {
        const [q, k, v, dOut] = ['q', 'k', 'v', 'dOut'].map((name) => feed(g, name, shape)) as [
          Tensor,
          Tensor,
          Tensor,
          Tensor,
        ];
        const scale = 0.7;
        g.output('out', g.attention(q, k, v, { causal, scale }));
        g.applyAll('attentionGrad', [q, k, v, dOut], { causal, scale }).forEach((gradient, i) =>
          g.output(['dq', 'dk', 'dv'][i]!, gradient),
        );
      });
      await expectAgreement(program);
    },
  );
});

it.each([
  [1024, 'attentionGrad'],
  [1030, 'softmax'],
])('heads of %d go to the kernels if these take them, else to its definition', async (width, step) => {
  const program = programOf((g) => {
    const [q, k, v] = ['q', 'k', 'v'].map((name) => {
      const rows = g.reshape(feed(g, name, [1, 37, 2 * width]), [1, 37, 2, width]);
      return g.transpose(rows, [0, 2, 1, 3]);
    }) as [Tensor, Tensor, Tensor];
    const attrs = { causal: true, scale: 0.1 };
    g.output('out', tokensOf(g, g.attention(q, k, v, attrs)));
    const gradients = g.applyAll('attentionGrad', [q, k, v, g.neg(v)], attrs);
    ['dq', 'dk', 'dv'].forEach((name, i) => g.output(name, g.mul(gradients[i]!, 2)));
  });
  expect(stepsOf(program)).toContain(step);
  await expectAgreement(program);
});

describe('attention of extreme values', () => {
  const program = programOf((g) => {
    const [q, k, v] = ['q', 'k', 'v'].map((name) => feed(g, name, [2, 19, 8])) as [Tensor, Tensor, Tensor];
    g.output('out', g.attention(q, k, v));
  });

  it('does not overflow where scores are in the thousands', async () => {
    const { out } = await differences(program, { scale: 60 });
    expect(out).toBeLessThan(1e-2);
  });

  it('keeps NaN in the heads that it is in', async () => {
    const q = noise(2 * 19 * 8, 1);
    q[0] = NaN;
    const whole = programOf((g) => {
      const [x, k, v] = ['q', 'k', 'v'].map((name) => feed(g, name, [2, 19, 8])) as [Tensor, Tensor, Tensor];
      g.output('others', g.slice(g.attention(x, k, v), [0, 1, 0], [2, 18, 8]));
    });
    await expectAgreement(whole, { feeds: { q: new NdArray([2, 19, 8], 'f32', q) } });
  });
});

describe('attention of a joint projection', () => {
  const [batch, length, heads, width] = [2, 11, 3, 8];
  const joint = [batch, length, 3 * heads * width];

  it('reads and writes rows of tokens, without a transpose', async () => {
    const program = programOf((g) => {
      const x = feed(g, 'x', joint);
      const [q, k, v] = [0, 1, 2].map((part) => headsOf(g, x, part, heads)) as [Tensor, Tensor, Tensor];
      g.output('out', tokensOf(g, g.attention(q, k, v)));
    });
    expect(stepsOf(program)).toEqual(['transpose']);
    await expectAgreement(program);
  });

  it('writes gradients into the one of the projection, without a pad or a sum', async () => {
    const program = programOf((g) => {
      const x = feed(g, 'x', joint);
      const [q, k, v] = [0, 1, 2].map((part) => headsOf(g, x, part, heads)) as [Tensor, Tensor, Tensor];
      const d = feed(g, 'd', [batch, length, heads * width]);
      const dOut = g.transpose(g.reshape(d, [batch, length, heads, width]), [0, 2, 1, 3]);
      const grads = g.applyAll('attentionGrad', [q, k, v, dOut], { causal: true, scale: 0.3 });
      const parts = grads.map((gradient, part) =>
        g.pad(tokensOf(g, gradient), [0, 0, part * heads * width], [0, 0, (2 - part) * heads * width]),
      ) as [Tensor, Tensor, Tensor];
      g.output('dx', g.add(g.add(parts[2], parts[1]), parts[0]));
    });
    expect(stepsOf(program)).toEqual(['add']);
    await expectAgreement(program);
  });

  it.each([
    ['in heads', false, 'attentionGrad'],
    ['in rows of tokens', true, 'transpose'],
  ])('writes gradients beside those of queries that were turned %s', async (_, inTokens, step) => {
    const program = programOf((g) => {
      const x = feed(g, 'x', joint);
      const [cos, sin] = ['cos', 'sin'].map((name) =>
        feed(g, name, inTokens ? [length, 1, width / 2] : [length, width / 2]),
      ) as [Tensor, Tensor];
      const part = (i: number) => g.slice(x, [0, 0, i * heads * width], [batch, length, heads * width]);
      const split = (t: Tensor) => g.reshape(t, [batch, length, heads, width]);
      const turned = (i: number) =>
        inTokens
          ? g.transpose(g.rope(split(part(i)), cos, sin), [0, 2, 1, 3])
          : g.rope(headsOf(g, x, i, heads), cos, sin);
      const out = tokensOf(g, g.attention(turned(0), turned(1), headsOf(g, x, 2, heads)));
      const loss = g.sum(g.mul(out, feed(g, 'd', [batch, length, heads * width])));
      g.output('dx', gradients(g, loss, [x])[0]!);
    });
    expect(stepsOf(program)).toEqual(['rope', 'rope', 'mul', step, 'rope', 'rope', 'add']);
    await expectAgreement(program);
  });

  it('leaves gradients that are read elsewhere, too, as they are', async () => {
    const program = programOf((g) => {
      const [q, k, v, dOut] = ['q', 'k', 'v', 'dOut'].map((name) =>
        feed(g, name, [batch, heads, length, width]),
      ) as [Tensor, Tensor, Tensor, Tensor];
      const [dq, dk, dv] = g.applyAll('attentionGrad', [q, k, v, dOut], { causal: true, scale: 0.3 }) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      g.output('dq', dq);
      g.output('dqOfTokens', tokensOf(g, dq));
      g.output('dk', tokensOf(g, dk));
      g.output('dv', g.transpose(dv, [1, 0, 3, 2]));
    });
    await expectAgreement(program);
  });
});

describe('attention of heads that share keys and values', () => {
  const [batch, length, heads, own, width] = [2, 9, 6, 2, 8];
  const repeat = (g: GraphBuilder, x: Tensor) =>
    g.reshape(
      g.broadcastTo(g.reshape(x, [batch, own, 1, length, width]), [batch, own, heads / own, length, width]),
      [batch, heads, length, width],
    );
  const split = (g: GraphBuilder, name: string, n: number) =>
    g.transpose(
      g.reshape(feed(g, name, [batch, length, n * width]), [batch, length, n, width]),
      [0, 2, 1, 3],
    );

  it('repeats none of them, and sums their gradients as it goes', async () => {
    const attrs = { causal: true, scale: 0.4 };
    const program = programOf((g) => {
      const q = split(g, 'q', heads);
      const [k, v] = [repeat(g, split(g, 'k', own)), repeat(g, split(g, 'v', own))];
      g.output('out', tokensOf(g, g.attention(q, k, v, attrs)));
      const [dq, dk, dv] = g.applyAll('attentionGrad', [q, k, v, split(g, 'd', heads)], attrs) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const sum = (x: Tensor) => g.sum(g.reshape(x, [batch, own, heads / own, length, width]), [2]);
      g.output('dq', tokensOf(g, dq));
      g.output('dk', tokensOf(g, g.reshape(sum(dk), [batch, own, length, width])));
      g.output('dv', sum(dv));
    });
    expect(stepsOf(program)).toHaveLength(2);
    await expectAgreement(program);
  });
});
