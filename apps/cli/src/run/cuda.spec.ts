import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { preparedFolder, readManifest } from '@attune/backend-cuda';
import { runAttune, TEXT, TINY } from '../testing/run-attune.js';

const prepared = process.env['ATTUNE_CUDA_DIR'] !== undefined && readManifest(preparedFolder()) !== undefined;
const suite = prepared ? describe : describe.skip;

suite('on TensorFlow (skipped where ATTUNE_CUDA_DIR names no prepared folder)', () => {
  let folder: string;
  const at = (...parts: string[]) => join(folder, ...parts);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attune-cuda-run-'));
    await writeFile(at('text.txt'), TEXT);
    await runAttune(['prepare', at('text.txt'), '--out', at('data')]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const losses = async (run: string) =>
    (await readFile(at(run, 'metrics.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { loss: number }).loss);

  test('a run goes from wasm to cuda and back, and is the same run', async () => {
    const begin = (run: string, iters: string) =>
      runAttune([
        ...['pretrain', ...TINY, '--lr-decay-iters', '9', '--out', at(run)],
        ...['--data', at('data'), '--max-iters', iters, '--backend', 'wasm'],
      ]);
    const resume = (backend: string, iters: string) =>
      runAttune([
        'pretrain',
        '--resume',
        at('moved'),
        '--max-iters',
        iters,
        '--backend',
        backend,
        '--allow-cpu',
      ]);
    expect(await begin('stayed', '9')).toMatchObject({ code: 0 });
    expect(await begin('moved', '3')).toMatchObject({ code: 0 });
    expect(await resume('cuda', '6')).toMatchObject({ code: 0 });
    expect(await resume('wasm', '9')).toMatchObject({ code: 0 });
    const [expected, actual] = [await losses('stayed'), await losses('moved')];
    expect(actual).toHaveLength(9);
    actual.forEach((loss, i) => expect(Math.abs(loss - expected[i]!)).toBeLessThan(1e-5));
  });
});
