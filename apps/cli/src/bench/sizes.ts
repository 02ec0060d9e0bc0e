import { AttuneError, didYouMean, type TensorSource } from '@attune/core';
import { gpt2, type Gpt2Options, type LanguageModel } from '@attune/nn';
import { hubIdOf } from '@attune/hub';
import { openModel, presetNames, presets } from '@attune/runs';
import { exists } from '../environment/files.js';
import type { Context } from '../environment/context.js';
import { runHost } from '../run/host/run-host.js';

/** A model to measure, and the batch it is measured with. */
export interface BenchModel {
  readonly name: string;
  readonly model: LanguageModel;
  readonly batchSize: number;
  readonly blockSize: number;
  /** The weights of a folder; missing where they are random. */
  readonly weights?: () => Promise<TensorSource>;
  /** The folder that PyTorch reads the same weights from. */
  readonly folder?: string;
}

interface Size {
  readonly config: Gpt2Options;
  readonly batchSize: number;
}

const plain = { bias: false, activation: 'gelu' } as const;

/** The sizes that `docs/benchmarks.md` has figures of: nanoGPT's for CPUs, a middle one, and GPT-2 with a shorter block. */
const sizes: Readonly<Record<string, Size>> = {
  S: { config: { vocabSize: 65, blockSize: 64, nLayer: 4, nHead: 4, nEmbd: 128, ...plain }, batchSize: 12 },
  M: { config: { vocabSize: 512, blockSize: 256, nLayer: 6, nHead: 6, nEmbd: 384, ...plain }, batchSize: 4 },
  '124M': { config: { vocabSize: 50257, blockSize: 256 }, batchSize: 1 },
};

export const sizeNames = Object.keys(sizes);

/** The vocabulary of a preset depends on its data: this is GPT-2's. */
const VOCABULARY = 50257;

function sizeOfPreset(name: string): Size | undefined {
  const preset = presetNames('pretrain').includes(name) ? presets[name] : undefined;
  if (preset?.command !== 'pretrain') return undefined;
  const { nLayer, nHead, nEmbd, blockSize, bias, activation, batchSize = 12 } = preset.values;
  const given = Object.entries({ nLayer, nHead, nEmbd, blockSize, bias, activation });
  const shape = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  return { config: { ...shape, vocabSize: VOCABULARY } as Gpt2Options, batchSize };
}

/** Sizes of a batch that the user gave. */
export interface BatchFlags {
  readonly batchSize?: number | undefined;
  readonly blockSize?: number | undefined;
}

/** Positions of a batch for a model of a folder, which may take far more. */
const FOLDER_BLOCK = 256;

async function modelOfFolder(name: string, flags: BatchFlags, context: Context): Promise<BenchModel> {
  const { model, tensors, path } = await openModel({ model: name }, runHost(context));
  const blockSize = Math.min(flags.blockSize ?? FOLDER_BLOCK, model.config.blockSize);
  return {
    ...{ name, model, blockSize, batchSize: flags.batchSize ?? 1, folder: path },
    weights: async () => tensors,
  };
}

/**
 * The model that a word names: a size, a preset of `attune pretrain`, a folder or a model of the hub.
 *
 * @throws AttuneError INVALID_CONFIG if it is none; what opening a model throws.
 */
export async function benchModel(name: string, flags: BatchFlags, context: Context): Promise<BenchModel> {
  const size = Object.hasOwn(sizes, name) ? sizes[name]! : sizeOfPreset(name);
  if (size) {
    const blockSize = flags.blockSize ?? size.config.blockSize ?? FOLDER_BLOCK;
    const model = gpt2({ ...size.config, blockSize, dropout: 0 });
    return { name, model, blockSize, batchSize: flags.batchSize ?? size.batchSize };
  }
  if ((await exists(name)) || (await hubIdOf(name))) return modelOfFolder(name, flags, context);
  const known = [...sizeNames, ...presetNames('pretrain')];
  throw new AttuneError('INVALID_CONFIG', `"${name}" is no size, no preset of pretrain and no folder.`, {
    fix: didYouMean(name, known),
  });
}
