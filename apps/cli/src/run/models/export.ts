import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { HostTensors } from '@attune/core';
import {
  adapterPath,
  exportDecoder,
  modelLogits,
  ONNX_FOLDER,
  onnxFolderFiles,
  probeTexts,
  storedTensors,
  type ExpectedLogits,
  type OnnxFolderContents,
  type WeightDType,
} from '@attune/export-onnx';
import {
  canRunOnnx,
  checkOnnxFolder,
  verifyDecoder,
  writeOnnxFolder,
  type Agreement,
} from '@attune/export-onnx/node';
import { memoryTensors } from '@attune/formats';
import type { LanguageModel } from '@attune/nn';
import {
  exportedTokenizer,
  openModel,
  readCompanions,
  readSteadily,
  type ChosenBackend,
  type OpenModel,
} from '@attune/runs';
import { allocateParameters } from '@attune/train';
import type { Context } from '../../environment/context.js';
import { runHost } from '../host/run-host.js';
import { writeFolderTo, type Target } from '../host/target.js';
import { withBackend } from '../../backends/open-backend.js';
import { adapterInputs, exportAdapter, type GivenAdapter } from './onnx-adapters.js';

/** The request of `attune export`. */
export interface ExportRequest extends ChosenBackend {
  readonly model: string;
  /** An adapter to add to the model's weights. */
  readonly adapter?: string;
  readonly format: 'onnx';
  readonly out: string;
  readonly dtype: WeightDType;
  /** Adapters that are written beside the model, which takes them as inputs. */
  readonly adapterInputs: readonly string[];
  /** Layers that take adapters as inputs. Default: those that the adapters change. */
  readonly targetModules: readonly string[];
  /** True to write the adapter, and not its model. */
  readonly adapterOnly: boolean;
  readonly overwrite: boolean;
  readonly verify: boolean;
}

/** An adapter beside an exported model. */
export interface ExportedAdapter {
  readonly name: string;
  /** How the model with it agreed with the model that it was added to; `null` if they were not compared. */
  readonly verified: Agreement | null;
}

/** The result of an export. */
export interface ExportReport {
  readonly model: string;
  readonly out: string;
  readonly format: 'onnx';
  readonly dtype: WeightDType;
  /** The files of the model and of adapters, by their paths in the folder. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** The kind of the tokenizer; `null` if the model has none. */
  readonly tokenizer: string | null;
  /** How it agreed with the model; `null` if it was not compared. */
  readonly verified: Agreement | null;
  /** The adapters, where the model takes them as inputs. It was compared without any first. */
  readonly adapters?: readonly ExportedAdapter[];
}

/** The logits of a model itself. */
async function expectedLogits(
  model: LanguageModel,
  tensors: HostTensors,
  request: ExportRequest,
  context: Context,
): Promise<ExpectedLogits> {
  return withBackend(request, context, async (backend) => {
    const state = await allocateParameters(backend, model, { tensors });
    try {
      return await modelLogits({ backend, model, state }, probeTexts(model.config));
    } finally {
      state.dispose();
    }
  });
}

/** A model as it is compared: with what it is fed, and what it has to compute. */
interface Compared {
  readonly adapter?: GivenAdapter;
  readonly expected: ExpectedLogits;
}

/** The logits that a model, and with each of its adapters, has to compute with its weights as they will be stored. */
async function comparisons(
  { model, tensors }: OpenModel,
  adapters: readonly GivenAdapter[],
  request: ExportRequest,
  context: Context,
): Promise<readonly Compared[]> {
  const base = storedTensors(tensors, request.dtype);
  const compared: Compared[] = [{ expected: await expectedLogits(model, base, request, context) }];
  for (const adapter of adapters) {
    const expected = await expectedLogits(model, adapter.mergedWith(base), request, context);
    compared.push({ adapter, expected });
  }
  return compared;
}

/** Notes the files of a folder. What they compute is not compared: nothing is there to be run. */
async function planOnnxFolder(target: Target, out: string, contents: OnnxFolderContents): Promise<void> {
  await writeFolderTo(target, out, ONNX_FOLDER, async (folder) => {
    for (const [name, content] of onnxFolderFiles(contents)) {
      const path = name.split('/');
      const file = path.pop()!;
      const inner = path.reduce((above, one) => above.folder(one), folder);
      await inner.make();
      await inner.write(file, content);
    }
  });
}

/**
 * Writes a model in another format. The folder appears when it is whole and, if asked for, found to compute what the
 * model computes.
 *
 * @throws AttuneError INVALID_CONFIG if the folder is taken; what reading the model throws; EXPORT_MISMATCH.
 */
export async function exportModel(
  request: ExportRequest,
  target: Target,
  context: Context,
): Promise<ExportReport> {
  const { out, dtype, overwrite, verify, format } = request;
  if (request.adapterOnly) {
    const { adapter, bytes } = await exportAdapter(request, target, context);
    const files = [{ name: basename(out), bytes }];
    return { model: adapter, out, format, dtype: 'f32', files, tokenizer: null, verified: null };
  }
  await checkOnnxFolder(out, overwrite);
  const host = runHost(context, target);
  const named = [request.model, request.adapter, ...request.adapterInputs];
  const { opened, inputs, companions } = await readSteadily(named, host, async () => {
    const model = await openModel(request, host);
    return {
      opened: model,
      inputs: await adapterInputs(request, model, host),
      companions: await readCompanions(model, host, { output: context.stderr }),
    };
  });
  const { model, tensors, tokenizer, path, name, source } = opened;
  const { layers, given = [] } = inputs ?? {};
  const files = exportDecoder(model.config, memoryTensors(tensors, path), { dtype, adapterInputs: layers });
  const contents: OnnxFolderContents = {
    model: files,
    dtype,
    config: source,
    generationConfig: companions.generation,
    tokenizer: await exportedTokenizer(companions.files, tokenizer, model.config.blockSize),
    adapters: Object.fromEntries(given.map((adapter) => [adapter.name, adapter.tensors])),
  };
  if (target.trial) {
    await planOnnxFolder(target, out, contents);
    return { model: name, out, format, dtype, files: [], tokenizer: tokenizer?.name ?? null, verified: null };
  }
  const compared = verify && (await canRunOnnx()) ? await comparisons(opened, given, request, context) : [];
  const agreements: (Agreement | undefined)[] = [];
  await writeOnnxFolder(out, contents, {
    overwrite,
    check: async (file) => {
      for (const { expected, adapter } of compared) {
        agreements.push(await verifyDecoder(file, expected, adapter?.tensors));
      }
    },
  });
  const written = [
    ...[...files.keys()].map((file) => `onnx/${file}`),
    ...given.map((adapter) => adapterPath(adapter.name)),
  ];
  const sizes = written.map(async (file) => ({ name: file, bytes: (await stat(join(out, file))).size }));
  const [verified = null, ...withAdapters] = agreements;
  return {
    ...{ model: name, out, format, dtype, files: await Promise.all(sizes) },
    tokenizer: tokenizer?.name ?? null,
    verified,
    ...(inputs && {
      adapters: given.map((adapter, i) => ({ name: adapter.name, verified: withAdapters[i] ?? null })),
    }),
  };
}
