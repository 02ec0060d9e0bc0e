import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { comparisonOf } from './comparison.js';
import { Report } from './report.js';

const folder = mkdtempSync(join(tmpdir(), 'gpu-check-test-'));
after(() => rmSync(folder, { recursive: true }));

const summary = (median) => ({ median, min: median, max: median, count: 5 });
const kit = (failed) => ({ name: 'kit', state: 'done', result: { passed: 900, failed, skipped: 12 } });
const training = (ms, ratio) => ({
  name: 'S',
  group: 'training',
  state: 'done',
  seconds: 12,
  result: {
    stepMs: summary(ms),
    traffic: { dispatches: 292, submits: 23, maps: 4 },
    backendBytes: 2 ** 30,
    pytorch: {
      'eager f32': { stepMs: summary(ms / ratio), ratio: summary(ratio), peakBytes: 2 ** 29 },
      'compiled f32': { error: { message: 'no C compiler', stderr: 'gcc: not found' } },
      'compiled bf16': { notRun: 'no time was left' },
    },
  },
});

const decoded = (failed) => ({
  name: 'decoding',
  state: failed ? 'failed' : 'done',
  result: {
    ...{ model: '124M', promptLength: 128, tokens: [1, 2, 3], prefillTokensPerSecond: 2000 },
    ...{ tokensPerSecond: 100, tokenMs: summary(10) },
    pytorch: {
      'eager f32': {
        ...{ tokenMs: summary(5), ratio: summary(2), promptRatio: summary(3) },
        tokensPerSecond: 200,
      },
      'compiled f32': { notRun: 'torch.compile lacks a C compiler' },
    },
    compared: { 'eager f32': { ties: [{}], faults: failed ? [{}] : [] } },
    ...(failed && { failed: [{ name: 'the tokens of PyTorch eager f32', reason: 'Token 1 is 4' }] }),
  },
});

describe('a report', () => {
  const report = new Report(folder, { attune: 'abc', limitSeconds: 60 });
  const read = () => [
    JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')),
    readFileSync(join(folder, 'report.md'), 'utf8'),
  ];

  it('is there from the begin, and says what is missing', () => {
    report.set({ missing: ['No GPU is visible here'] });
    const [data, page] = read();
    assert.deepEqual([data.format, data.parts], [1, []]);
    assert.match(page, /^# attune found no GPU\n\n\*\*Missing\*\*: No GPU is visible here/);
  });

  it('has figures, ratios, and errors with what the process wrote', () => {
    report.set({ device: { description: 'WebGPU, a GPU' }, missing: [] });
    report.add(training(20, 2));
    report.add({
      name: 'decoding',
      state: 'failed',
      error: { message: 'lost', stderr: 'the driver’s last words' },
    });
    const [, page] = read();
    assert.match(page, /^# attune on WebGPU, a GPU/);
    assert.match(
      page,
      /\| S \| 20 \| 10 \(\*\*2\*\*\) \| – \| – \| failed \| – \| no time was left \| done, 12 s \|/,
    );
    assert.match(page, /gcc: not found/);
    assert.match(page, /the driver’s last words/);
    assert.ok(report.hasFailures());
  });

  it('compares decoding, and the tokens', () => {
    const report = new Report(folder, { attune: 'abc', limitSeconds: 60 });
    report.add(decoded());
    const [, page] = read();
    assert.match(
      page,
      /\| decoding \| 124M \| 128 \| 2000 \| 100 \| 10 \| 200 \(\*\*2\*\*\), prompt \(3\) \|/,
    );
    assert.match(page, /PyTorch eager f32 decodes all, but for 1 of equal logits/);
    assert.match(page, /torch\.compile lacks a C compiler/);
    report.add({ ...decoded(true), name: 'cuda: decoding' });
    assert.match(read()[1], /cuda: decoding: .* decodes \*\*1 otherwise\*\*.*Token 1 is 4/s);
  });

  it('keeps text of others within its place', () => {
    const reason = 'expected 1\n```\n# a heading\n```';
    report.add(kit([{ name: 'ops › a | b', reason }]));
    const [, page] = read();
    assert.ok(page.includes(`\`\`\`\`text\n${reason}\n\`\`\`\``));
    assert.ok(page.includes('ops › a \\| b'));
  });

  it('ends with parts that were cut', () => {
    report.add({ name: 'flat memory', state: 'running', result: {} });
    report.end(61);
    assert.equal(report.data.parts.at(-1).state, 'cut');
    assert.match(report.summary(), /^2 done, 1 failed, 1 cut, 0 not run\. Report: /);
  });
});

it('two reports side by side show what changed', () => {
  const of = (parts, attune) => ({ attune, device: { description: 'a GPU' }, parts });
  const failed = (name) => ({ name, reason: 'wrong' });
  const page = comparisonOf(
    of([kit([failed('old'), failed('both')]), training(20, 2), decoded()], 'abc'),
    of([kit([failed('both'), failed('new')]), training(10, 1), decoded()], 'def'),
  );
  assert.match(page, /\| attune \| abc \| def \|/);
  assert.match(page, /\| S \| step, ms \| 20 \| 10 \| 0\.5 \|/);
  assert.match(page, /\| S \| attune \/ PyTorch eager f32 \| 2 \| 1 \| 0\.5 \|/);
  assert.match(page, /\| decoding \| PyTorch eager f32, tokens\/s \| 200 \| 200 \| 1 \|/);
  assert.match(page, /\| decoding \| attune \/ PyTorch eager f32, prompt \| 3 \| 3 \| 1 \|/);
  assert.match(page, /A alone:\n\n- kit: old\n\n.*B alone:\n\n- kit: new\n$/s);
});
