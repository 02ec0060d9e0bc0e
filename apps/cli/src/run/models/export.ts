import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  exportDecoder,
  modelLogits,
  probeTexts,
  storedTensors,
  type ExpectedLogits,
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
import { withBackend } from '../../backends/open-backend.js';

/** The request of `attune export`. */
export interface ExportRequest extends ChosenBackend {
  readonly model: string;
  /** An adapter to add to the model's weights. */
  readonly adapter?: string;
  readonly format: 'onnx';
  readonly out: string;
  readonly dtype: WeightDType;
  readonly overwrite: boolean;
  readonly verify: boolean;
}

/** The result of an export. */
export interface ExportReport {
  readonly model: string;
  readonly out: string;
  readonly format: 'onnx';
  readonly dtype: WeightDType;
  /** The files of the model, by their paths in the folder. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** The kind of the tokenizer; `null` if the model has none. */
  readonly tokenizer: string | null;
  /** How it agreed with the model; `null` if it was not compared. */
  readonly verified: Agreement | null;
}

/** The logits of the model itself, with its weights as they will be stored. */
async function expectedLogits(
  { model, tensors }: OpenModel,
  request: ExportRequest,
  context: Context,
): Promise<ExpectedLogits> {
  return withBackend(request, context, async (backend) => {
    const state = await allocateParameters(backend, model, {
      tensors: storedTensors(tensors, request.dtype),
    });
    try {
      return await modelLogits({ backend, model, state }, probeTexts(model.config));
    } finally {
      state.dispose();
    }
  });
}

/**
 * Writes a model in another format. The folder appears when it is whole and, if asked for, found to compute what the
 * model computes.
 *
 * @throws AttuneError INVALID_ARGUMENT if the folder is taken; what reading the model throws; EXPORT_MISMATCH.
 */
export async function exportModel(request: ExportRequest, context: Context): Promise<ExportReport> {
  const { out, dtype, overwrite, verify, format } = request;
  await checkOnnxFolder(out, overwrite);
  const host = runHost(context);
  const { opened, companions } = await readSteadily([request.model, request.adapter], host, async () => {
    const model = await openModel(request, host);
    return { opened: model, companions: await readCompanions(model, host, { output: context.stderr }) };
  });
  const { model, tensors, tokenizer, path, name, source } = opened;
  const files = exportDecoder(model.config, memoryTensors(tensors, path), { dtype });
  const expected =
    verify && (await canRunOnnx()) ? await expectedLogits(opened, request, context) : undefined;
  let verified: Agreement | undefined;
  await writeOnnxFolder(
    out,
    {
      model: files,
      dtype,
      config: source,
      generationConfig: companions.generation,
      tokenizer: await exportedTokenizer(companions.files, tokenizer, model.config.blockSize),
    },
    {
      overwrite,
      check: expected && (async (file) => void (verified = await verifyDecoder(file, expected))),
    },
  );
  const sizes = [...files.keys()].map(async (file) => {
    const written = `onnx/${file}`;
    return { name: written, bytes: (await stat(join(out, written))).size };
  });
  return {
    ...{ model: name, out, format, dtype, files: await Promise.all(sizes) },
    tokenizer: tokenizer?.name ?? null,
    verified: verified ?? null,
  };
}
