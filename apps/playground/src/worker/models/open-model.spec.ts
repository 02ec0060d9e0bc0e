import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { droppedFolder, type BlobLike } from '@attune/files';
import { describeModel } from './open-model.js';

const file = (name: string) =>
  readFile(
    fileURLToPath(
      new URL(
        `../../../../../packages/backend-testkit/fixtures/finetune_llama/model/${name}`,
        import.meta.url,
      ),
    ),
  );

/** The fixture's model with so many words: its header says that it has the weights, and it takes no memory to say so. */
async function modelOf(vocabSize: number) {
  const [config, weights] = [
    JSON.parse((await file('config.json')).toString()),
    await file('model.safetensors'),
  ];
  const length = Number(weights.readBigUInt64LE(0));
  const header = JSON.parse(weights.subarray(8, 8 + length).toString()) as Record<
    string,
    { shape: number[]; data_offsets: [number, number] }
  >;
  let end = 0;
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    if (name.includes('embed_tokens')) entry.shape[0] = vocabSize;
    entry.data_offsets = [end, (end += 4 * entry.shape.reduce((a, b) => a * b, 1))];
  }
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.byteLength));
  const head = Buffer.concat([size, text]);
  const slice = (start: number, stop: number): BlobLike => new Blob([head.subarray(start, stop)]);
  const huge = {
    ...{ name: 'model.safetensors', size: head.byteLength + end, slice },
    arrayBuffer: () => Promise.reject(new Error('It is read whole.')),
  };
  const json = JSON.stringify({ ...config, vocab_size: vocabSize });
  const others = await Promise.all(
    ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'].map(
      async (name) => new File([await file(name)], name),
    ),
  );
  return droppedFolder([huge, new File([json], 'config.json'), ...others], 'model');
}

test('a model is described from its headers', async () => {
  expect(await describeModel(await modelOf(280), 'tiny')).toEqual({
    ...{ name: 'tiny', family: 'llama', parameters: 9168, contextLength: 64, hasTemplate: true },
  });
});

test('one that is larger than a tab is refused with what it takes, before any of it is read', async () => {
  await expect(describeModel(await modelOf(50_000_000), 'large')).rejects.toMatchObject({
    code: 'OUT_OF_MEMORY',
    message: expect.stringMatching(/The model takes at least 3\.2 GB of memory.*800,004,688 parameters/),
  });
});
