import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decoding } from './decoding.js';

/** Runs the part on both sides' stand-ins: a token takes attune 8 ms, PyTorch 4, unless `answer` says otherwise. */
async function run({ answer = () => undefined, ours = () => undefined, given = {} } = {}) {
  const asked = [];
  const sideOf = (side, tokenMs, also) => ({
    device: 'cuda',
    ended: false,
    kill: async () => undefined,
    ask: async (name, options, _ms, onEvent) => {
      asked.push(`${side} ${name}`);
      const other = also(name, options);
      if (other instanceof Error) throw other;
      if (other) return other;
      if (name !== 'decodeTokens') return name === 'compareTokens' ? { others: [] } : {};
      onEvent?.({ promptMs: 10 * tokenMs });
      onEvent?.({ tokenMs });
      return { promptMs: 10 * tokenMs, tokenMs: [tokenMs], tokens: [3, 4], peakBytes: 7 };
    },
  });
  const result = {};
  await decoding({
    device: { backend: 'webgpu', allowSoftware: false },
    startWorker: () => sideOf('attune', 8, ours),
    pytorch: sideOf('PyTorch', 4, answer),
    leftMs: () => 60_000,
    save: () => undefined,
    result,
    ...given,
  });
  return { asked, result };
}

describe('decoding', () => {
  it('alternates with PyTorch’s, and is divided by it', async () => {
    const { asked, result } = await run();
    assert.deepEqual([result.model, result.tokensPerSecond, result.tokens], ['124M', 125, [3, 4]]);
    const names = Object.keys(result.pytorch);
    assert.deepEqual(names, ['eager f32', 'eager bf16', 'compiled f32', 'compiled bf16']);
    const { ratio, promptRatio, tokensPerSecond, peakBytes } = result.pytorch['compiled bf16'];
    assert.deepEqual(
      [ratio.median, promptRatio.median, tokensPerSecond, ratio.count, peakBytes],
      [2, 2, 250, 5, 7],
    );
    const first = asked.indexOf('PyTorch compareTokens') + 1;
    assert.deepEqual(asked.slice(first, first + 3), [
      'attune decodeTokens',
      'PyTorch decodeTokens',
      'attune decodeTokens',
    ]);
    assert.equal(asked.at(-1), 'PyTorch close');
  });

  it('fails where PyTorch decodes other tokens in f32, but for ties', async () => {
    const other = (gap) => ({ index: 1, token: 9, gap, deviation: 2 });
    const comparing = (gap) =>
      run({ answer: (name) => name === 'compareTokens' && { others: [other(gap)] } });
    const { result } = await comparing(0.5);
    assert.deepEqual(
      result.failed.map(({ name }) => name),
      ['the tokens of PyTorch eager f32', 'the tokens of PyTorch compiled f32'],
    );
    assert.match(result.failed[0].reason, /1 of 2 tokens.*Token 1 is 4, and PyTorch's 9.* 0\.5/);
    assert.ok(result.pytorch['eager f32'].ratio);
    const { result: tie } = await comparing(0.001);
    assert.deepEqual([tie.failed, tie.compared['eager f32'].ties.length], [undefined, 1]);
    assert.equal((await comparing(NaN)).result.failed.length, 2);
  });

  it('goes on where one of PyTorch’s ways fails, or may not be tried', async () => {
    const { result } = await run({
      answer: (name, { precision }) =>
        name === 'openDecoding' && precision === 'bf16' && new Error('CUDA out of memory'),
    });
    assert.deepEqual(result.pytorch['eager bf16'], { error: { message: 'CUDA out of memory' } });
    assert.equal(result.pytorch['compiled f32'].ratio.median, 2);
    const { result: late } = await run({ given: { leftMs: () => 100 } });
    assert.deepEqual(late.pytorch['eager f32'], { notRun: 'no time was left' });
  });

  it('runs without PyTorch, and keeps what a cut leaves', async () => {
    const { result } = await run({ given: { pytorch: undefined } });
    assert.deepEqual([result.tokensPerSecond, result.pytorch], [125, {}]);
    const late = Object.assign(new Error('did not finish'), { timedOut: true });
    let calls = 0;
    const cut = {};
    const ours = (name) => name === 'decodeTokens' && ++calls > 1 && late;
    await run({ ours, given: { result: cut } }).catch(() => undefined);
    assert.equal(cut.tokensPerSecond, 125);
  });

  it('says that PyTorch went without the graphs that it was to use', async () => {
    const { result } = await run({ answer: (name) => name === 'openDecoding' && { graphsSkipped: 2 } });
    assert.equal(result.pytorch['compiled f32'].graphsSkipped, 2);
  });
});
