import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { PyTorch } from './pytorch.js';

const folder = mkdtempSync(join(tmpdir(), 'gpu-check-test-'));
after(() => rmSync(folder, { recursive: true }));

/** A stand-in for PyTorch's script: its process id is the result; what it is told to say is its error. */
const script = join(folder, 'steps.mjs');
writeFileSync(
  script,
  `import { createInterface } from 'node:readline';
   for await (const line of createInterface({ input: process.stdin })) {
     const { id, message, hang } = JSON.parse(line);
     if (hang) continue;
     console.log(JSON.stringify(message ? { id, error: { message } } : { id, result: process.pid }));
   }`,
);

/** Node takes the place of Python, whose only option is to write at once. */
const node = join(folder, 'python3');
writeFileSync(node, `#!/bin/sh\nshift\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
const started = () => new PyTorch(node, 'cuda', process.env, script);

describe('PyTorch', () => {
  it('is one process, also after an error of one request', async () => {
    const pytorch = started();
    const first = await pytorch.ask('openTraining', {}, 10_000);
    await assert.rejects(pytorch.ask('openTraining', { message: 'CUDA out of memory' }, 10_000));
    assert.equal(await pytorch.ask('timeSteps', {}, 10_000), first);
    await pytorch.kill();
  });

  it('is another process after an error that stays, and after a hang', async () => {
    const pytorch = started();
    const pids = [await pytorch.ask('openTraining', {}, 10_000)];
    const lost = { message: 'AcceleratorError: CUDA error: an illegal memory access was encountered' };
    await assert.rejects(pytorch.ask('timeSteps', lost, 10_000), /illegal memory access/);
    pids.push(await pytorch.ask('openTraining', {}, 10_000));
    await assert.rejects(pytorch.ask('timeSteps', { hang: true }, 300), /in time/);
    // It has no training, so there is nothing to close: what has just been started is not waited for.
    assert.equal(await pytorch.ask('close', { hang: true }, 10_000), undefined);
    pids.push(await pytorch.ask('openTraining', {}, 10_000));
    assert.equal(new Set(pids).size, 3);
    await pytorch.kill();
  });

  it('that cannot compile is not asked to for ever', async () => {
    const pytorch = started();
    const compile = (message) => pytorch.ask('openTraining', { compiled: true, message }, 10_000);
    const failed = 'InductorError: Failed to find C compiler';
    for (let i = 0; i < 5; i++) await assert.rejects(compile(failed));
    assert.ok(pytorch.compiles);
    await compile();
    for (let i = 0; i < 6; i++) await assert.rejects(compile(failed));
    assert.equal(pytorch.compiles, false);
    await pytorch.kill();
  });
});
