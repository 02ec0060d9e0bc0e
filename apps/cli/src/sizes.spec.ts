import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAttune, TEXT, TINY } from './testing/run-attune.js';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

/** A copy of a model whose JSON file says something else. */
async function altered(name: string, from: string, file: string, values: object): Promise<void> {
  await cp(at(from), at(name), { recursive: true });
  const json = JSON.parse(await readFile(at(name, file), 'utf8')) as object;
  await writeFile(at(name, file), JSON.stringify({ ...json, ...values }));
}

const row = { prompt: 'the', completion: ' cat' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-sizes-'));
  await writeFile(at('text.txt'), TEXT);
  await writeFile(at('rows.jsonl'), `${JSON.stringify(row)}\n`.repeat(20));
  await runAttune(['prepare', at('text.txt'), '--out', at('data')]);
  await runAttune(['pretrain', '--data', at('data'), '--out', at('run'), ...TINY, '--max-iters', '1']);
  await cp(at('run', 'final'), at('model'), { recursive: true });
  await altered('deep', 'model', 'config.json', { n_layer: 1_000_000 });
  await altered('deepest', 'model', 'config.json', { n_layer: 5_000 });
  await altered('deeper', 'model', 'config.json', { n_layer: 1_000 });
  await altered('wide', 'model', 'config.json', { n_embd: 10_000_000 });
  await altered('vocabulary', 'model', 'config.json', { vocab_size: 1_000_000_000 });
  await altered('positions', 'model', 'config.json', { n_positions: 1_000_000_000 });
  const lora = ['--method', 'lora', '--lora-rank', '2', '--max-iters', '1', '--sample-tokens', '1'];
  const finetuned = ['finetune', '--model', at('model'), '--data', at('rows.jsonl'), '--out', at('lora')];
  expect(await runAttune([...finetuned, '--backend', 'reference', ...lora])).toMatchObject({ stderr: '' });
  await cp(at('lora', 'final'), at('adapter'), { recursive: true });
  await altered('rank', 'adapter', 'adapter_config.json', { r: 999_999_999 });
  await altered('other-rank', 'adapter', 'adapter_config.json', { r: 60_000 });
});
afterAll(() => rm(folder, { recursive: true }));

const located = (args: readonly string[]) =>
  args.map((arg) => (arg.startsWith('@') ? at(arg.slice(1)) : arg));
const pretrain = (...args: string[]) => ['pretrain', '--data', '@data', '--out', '@out', ...TINY, ...args];
const embedded = (...args: string[]) => ['pretrain', '--out', '@out', ...TINY, ...args];
const finetune = (...args: string[]) =>
  ['finetune', '--data', '@rows.jsonl', '--out', '@out', '--backend', 'reference', '--max-iters', '1', ...args]; // prettier-ignore
const generate = (...args: string[]) => ['generate', '--backend', 'reference', '--prompt', 'the', ...args];

const cases: [what: string, args: string[], message: RegExp][] = [
  ['a batch of 10⁹ rows', pretrain('--batch-size', '1000000000'), /OUT_OF_MEMORY.*batches of 1000000000 rows/],
  ['the same of the embedded corpus', embedded('--batch-size', '1000000000'), /OUT_OF_MEMORY.*1000000000 rows/],
  ['a million layers', pretrain('--n-layer', '1000000'), /INVALID_CONFIG.*--n-layer.*at most 1024/],
  ['a width of 10⁷', pretrain('--n-embd', '10000000'), /OUT_OF_MEMORY/],
  ['a width of 10⁴ and 1,000 layers', pretrain('--n-embd', '10000', '--n-layer', '1000'), /OUT_OF_MEMORY.*for parameters/],
  ['a vocabulary of 10⁹', pretrain('--vocab-size', '1000000000'), /OUT_OF_MEMORY.*wte/],
  ['rows of 10⁹ tokens', pretrain('--block-size', '1000000000'), /DATA_TOO_SHORT|OUT_OF_MEMORY/],
  ['the same of the embedded corpus', embedded('--block-size', '1000000000'), /OUT_OF_MEMORY/],
  ['a rank of 999,999,999', finetune('--model', '@model', '--method', 'lora', '--lora-rank', '999999999'), /INVALID_CONFIG.*--lora-rank.*at most 65536/],
  ['a model of a million layers', finetune('--model', '@deep'), /INVALID_CONFIG.*n_layer must be a positive integer of at most 10000/],
  ['a model of thousands of layers', finetune('--model', '@deepest'), /INVALID_CONFIG.*nLayer must be at most 1024/],
  ['a model of more layers than it has', finetune('--model', '@deeper'), /CHECKPOINT_MISMATCH.*is missing/],
  ['a model of another width', finetune('--model', '@wide'), /CHECKPOINT_MISMATCH|INVALID_CONFIG/],
  ['a model of another vocabulary', generate('--model', '@vocabulary'), /CHECKPOINT_MISMATCH/],
  ['a model of other positions', generate('--model', '@positions'), /CHECKPOINT_MISMATCH/],
  ['an adapter of a huge rank', generate('--model', '@model', '--adapter', '@rank'), /(INVALID_CONFIG|UNSUPPORTED_ADAPTER|FILE_CORRUPT).*at most 65536/],
  ['an adapter of another rank', generate('--model', '@model', '--adapter', '@other-rank'), /CHECKPOINT_MISMATCH/],
  ['10⁹ tokens to write', generate('--model', '@model', '--max-new-tokens', '1000000000'), /INVALID_CONFIG.*at most 1000000/],
  ['10⁹ samples', generate('--model', '@model', '--num-samples', '1000000000'), /INVALID_CONFIG.*at most 100000/],
  ['10⁹ rows to evaluate at once', ['evaluate', '--model', '@model', '--data', '@data', '--backend', 'reference', '--batch-size', '1000000000'], /INVALID_CONFIG.*at most 65536/],
]; // prettier-ignore

describe('sizes that no machine has room for', () => {
  it.each(cases)('are refused at once, and leave nothing behind: %s', async (_, args, message) => {
    const before = process.memoryUsage.rss();
    const { code, stdout, stderr } = await runAttune(located(args));
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(message);
    expect([code === 0, stderr.includes('unexpected'), stdout.includes('unexpected')]).toEqual([
      false,
      false,
      false,
    ]);
    expect(await readdir(folder)).not.toContain('out');
    expect(process.memoryUsage.rss() - before).toBeLessThan(300 * 2 ** 20);
  });
});
