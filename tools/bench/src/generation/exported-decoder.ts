/**
 * Writes an exported GPT-2 with its first weights, or times such models in onnxruntime, in alternation: a text read at once,
 * and one token after it.
 *
 *     node tools/bench/dist/generation/exported-decoder.js --write new.onnx --size 12M
 *     node tools/bench/dist/generation/exported-decoder.js --rounds 9 old.onnx new.onnx
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { exportDecoder } from '@attune/export-onnx';
import { memoryTensors } from '@attune/formats';
import { gpt2, initializeParameters, type Gpt2Options } from '@attune/nn';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { median } from '../median.js';

const sizes: Readonly<Record<string, Gpt2Options>> = {
  '12M': { vocabSize: 4096, blockSize: 512, nLayer: 6, nHead: 6, nEmbd: 384, activation: 'gelu_new' },
  '124M': { vocabSize: 50257, activation: 'gelu_new' },
};

/** Tokens of the text, and of the cache when one more is read. */
const LENGTH = 128;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: 'string' },
    size: { type: 'string', default: '12M' },
    rounds: { type: 'string', default: '9' },
    threads: { type: 'string', default: '2' },
  },
});

async function write(file: string, size: string): Promise<void> {
  const options = sizes[size];
  if (!options) throw new Error(`--size must be one of ${Object.keys(sizes).join(', ')}, but is ${size}.`);
  const model = gpt2(options);
  const [content] = exportDecoder(model.config, memoryTensors(initializeParameters(model, 1))).values();
  await writeFile(file, content!);
}

const int64 = (length: number, of: (i: number) => number) =>
  new Tensor(
    'int64',
    BigInt64Array.from({ length }, (_, i) => BigInt(of(i))),
    [1, length],
  );

/** The inputs of one text's next tokens. */
function inputsOf(session: InferenceSession, tokens: number, past: number): Record<string, Tensor> {
  const caches = session.inputMetadata.flatMap((input): [string, Tensor][] => {
    if (!input.isTensor || !input.name.startsWith('past_key_values.')) return [];
    const [, heads, , width] = input.shape as number[];
    const cached = Float32Array.from({ length: heads! * past * width! }, (_, i) => Math.sin(i));
    return [[input.name, new Tensor('float32', cached, [1, heads!, past, width!])]];
  });
  return {
    input_ids: int64(tokens, (i) => (i * 37) % 1000),
    attention_mask: int64(past + tokens, () => 1),
    position_ids: int64(tokens, (i) => past + i),
    ...Object.fromEntries(caches),
  };
}

async function time(files: readonly string[], rounds: number, threads: number): Promise<void> {
  const options = { intraOpNumThreads: threads, logSeverityLevel: 3 } as const;
  const sessions = await Promise.all(files.map((file) => InferenceSession.create(file, options)));
  for (const [what, tokens, past, runs] of [
    ['a text of 128 tokens', LENGTH, 0, 8],
    ['a token after 128', 1, LENGTH, 32],
  ] as const) {
    const feeds = sessions.map((session) => inputsOf(session, tokens, past));
    const found = sessions.map((): number[] => []);
    const processor = sessions.map((): number[] => []);
    for (let round = 0; round < rounds; round++) {
      // Each goes first in turn.
      const order = round % 2 === 0 ? [...sessions.entries()] : [...sessions.entries()].reverse();
      for (const [i, session] of order) {
        await session.run(feeds[i]!);
        const milliseconds: number[] = [];
        for (let run = 0; run < runs; run++) {
          const [begin, usage] = [performance.now(), process.cpuUsage()];
          await session.run(feeds[i]!);
          milliseconds.push(performance.now() - begin);
          const { user, system } = process.cpuUsage(usage);
          processor[i]!.push((user + system) / 1000);
        }
        found[i]!.push(median(milliseconds));
      }
    }
    const ratios = found.slice(1).map((own) => median(own.map((ms, round) => ms / found[0]![round]!)));
    const medians = { wall: found.map(median), processor: processor.map(median) };
    console.log(JSON.stringify({ what, files, medians, ratios, rounds: found }));
  }
}

if (values.write !== undefined) await write(values.write, values.size);
else await time(positionals, Number(values.rounds), Number(values.threads));
