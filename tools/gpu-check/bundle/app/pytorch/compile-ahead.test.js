import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { measuredSizes } from '../sizes.js';
import { compileAhead } from './compile-ahead.js';
import { compilerAdvice } from './compiler-advice.js';

/** Compiles ahead with a stand-in for PyTorch, until that is ended: what it was asked for, and what is missing. */
async function run(answer) {
  const asked = [];
  const missing = [];
  let stop;
  const ended = new Promise((resolve) => {
    const pytorch = {
      compiles: true,
      ask: async (name, options) => {
        asked.push([name, options.precision]);
        await answer(asked.length, () => stop());
      },
      kill: async () => resolve(),
    };
    stop = compileAhead(pytorch, (reason) => missing.push(reason));
  });
  await ended;
  return { asked, missing };
}

describe('compiling ahead', () => {
  it('goes through every size, then decoding, and ends when it is told', async () => {
    const sizes = measuredSizes.length;
    const { asked, missing } = await run(async (count, stop) => {
      if (count === 1) return;
      if (count === sizes + 3) await stop();
      throw new Error('out of memory');
    });
    assert.deepEqual(asked, [
      ['tryCompiler', undefined],
      ...measuredSizes.map(() => ['openTraining', 'f32']),
      ['openDecoding', 'f32'],
      ['openTraining', 'tf32'],
    ]);
    assert.deepEqual(missing, []);
  });

  it('is given up where a sum cannot be compiled, with the reason', async () => {
    const { asked, missing } = await run(async () => {
      throw new Error('RuntimeError: Failed to find C compiler. Please specify via CC');
    });
    assert.equal(asked.length, 1);
    assert.match(missing.join(), /lacks a C compiler .*apt install gcc g\+\+.*Failed to find/);
  });
});

describe('advice on a compiler', () => {
  const gcc = "CalledProcessError: Command '['/usr/bin/gcc', 'main.c']' returned non-zero exit status 1.";
  const cases = [
    ['headers', { message: gcc, stderr: 'main.c:3:10: fatal error: Python.h: No such file' }, /python3-dev/],
    ['Triton', { message: 'TritonMissing: Cannot find a working triton installation' }, /pip install triton/],
    ['libcuda', { message: gcc, stderr: '/usr/bin/ld: cannot find -lcuda' }, /ldconfig/],
    ['a hang', { message: 'PyTorch did not finish', timedOut: true }, /took too long/],
    ['anything else', { message: 'KeyError: x\nmore' }, /^torch.compile fails: KeyError: x$/],
  ];
  for (const [name, error, expected] of cases) {
    it(`names ${name}`, () => assert.match(compilerAdvice(error), expected));
  }
});
