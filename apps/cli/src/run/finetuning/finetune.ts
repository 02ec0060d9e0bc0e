import { join } from 'node:path';
import { AttuneError } from '@attune/core';
import { adapterNames, ADAPTER_CONFIG_JSON, ADAPTER_SAFETENSORS } from '@attune/formats';
import {
  readCheckpoint,
  readModelCheckpoint,
  readSafetensors,
  type StoredCheckpoint,
} from '@attune/formats/node';
import {
  finetuneFields,
  resolveLengths,
  type FinetuneConfig,
  type ResolvedFinetuneConfig,
} from '../../config/finetune-fields.js';
import { changedSettings, describeChange, finetuneChanges } from '../../config/resumed-config.js';
import { withDefaults } from '../../config/field.js';
import { checkRunConfig } from '../../config/training-config.js';
import type { Context } from '../../context.js';
import { adaptModel, digestOf, type AdaptedModel } from '../models/adapted-model.js';
import { findCheckpoint } from '../run-folder/checkpoints.js';
import { fitToLabels, positionsOf, vocabSizeOf } from '../models/classifier-head.js';
import { openFineTuningData, type FineTuningData } from './fine-tuning-data.js';
import { finetuningJob } from './finetuning.js';
import { openAnyModel } from '../models/model-folder.js';
import type { OpenAnyModel } from '../models/opened-model.js';
import { openTextOf, type ModelText } from '../models/model-text.js';
import { withBackend } from '../open-backend.js';
import { describeBackend, rewind } from '../training/resume.js';
import { readFinetuningRun } from '../run-folder/run-config.js';
import { RunFolder } from '../run-folder/run-folder.js';
import {
  checkSameData,
  createRecord,
  createSession,
  readRecord,
  writeRecord,
  type RunRecord,
} from '../run-folder/run-record.js';
import { trainInto } from '../training/train-into.js';
import type { DataHashes } from '../pretraining/training-data.js';

/** What is asked of `attune finetune`. */
export interface FinetuneRequest {
  readonly config: FinetuneConfig;
  readonly out: string;
  /** Whether an earlier run in `out` may be removed. */
  readonly overwrite: boolean;
  /** Metrics as JSON lines on stdout; what is told to people goes to stderr. */
  readonly json: boolean;
}

/** Everything a run needs but a device and a folder. */
interface Prepared {
  readonly config: ResolvedFinetuneConfig;
  readonly source: OpenAnyModel;
  /** SHA-256 of the model's weights. */
  readonly base: string;
  readonly adapted: AdaptedModel;
  readonly text: ModelText;
  readonly data: FineTuningData;
}

/** Opens model and data, and adapts the one to the other. */
async function prepare(asked: FinetuneConfig, context: Context): Promise<Prepared> {
  const opened = await openAnyModel({ model: asked.model }, context);
  refuseAdapterOnAdapter(opened, asked);
  const text = await openTextOf(opened.path, asked.template);
  const data = await openFineTuningData(asked, text, positionsOf(opened), vocabSizeOf(opened));
  const source = fitToLabels(opened, data.labels, asked.method);
  const adapted = await adaptModel(source, asked);
  const config = resolveLengths({ ...asked, model: source.name }, data.train.batchesPerEpoch!);
  checkRunConfig(config);
  return { config, source, base: digestOf(source.tensors), adapted, text, data };
}

/** An adapter names the folder of the model below it, and a merged model is in none. */
function refuseAdapterOnAdapter({ adapter }: OpenAnyModel, { method, model }: FinetuneConfig): void {
  if (adapter === undefined || method !== 'lora') return;
  throw new AttuneError('INVALID_CONFIG', `${model} is an adapter: another cannot be laid over it.`, {
    fix:
      `To train it further, name its model with --model, and ${adapter} with --adapter. ` +
      'To begin a new one on top, merge it first with attune merge.',
  });
}

/**
 * Fine-tunes a model as the request says, into its folder. Everything that can be wrong with the request is found before
 * the folder is touched.
 *
 * @throws AttuneError INTERRUPTED after Ctrl-C, when a checkpoint has been written.
 */
export async function finetune(request: FinetuneRequest, context: Context): Promise<void> {
  const prepared = await prepare(request.config, context);
  const { config, text } = prepared;
  try {
    await withBackend(config.backend, context, async (backend) => {
      const folder = await RunFolder.create(request.out, { overwrite: request.overwrite });
      try {
        await folder.writeConfig(config);
        await writeRecord(folder.path, recordOf(prepared), createSession(backend, 0));
        await trainInto(
          { command: 'finetune', config, context, backend, folder, json: request.json },
          await finetuningJob({ backend, ...prepared }),
        );
      } finally {
        await folder.close();
      }
    });
  } finally {
    await text.close();
  }
}

/** What is asked of `attune finetune --resume`. */
export interface ResumeFinetuneRequest {
  readonly run: string;
  /** Settings to change. */
  readonly given: Partial<FinetuneConfig>;
  readonly json: boolean;
}

/**
 * Goes on with a fine-tuning run from its newest checkpoint that is whole, as `attune pretrain --resume` does.
 *
 * @throws AttuneError INVALID_CONFIG where a setting would make it another run; CHECKPOINT_MISMATCH where the data or the
 * base model is another; RUN_LOCKED; INTERRUPTED after Ctrl-C, when a checkpoint has been written.
 */
export async function resumeFinetune(
  { run, given, json }: ResumeFinetuneRequest,
  context: Context,
): Promise<void> {
  const folder = await RunFolder.reopen(run);
  let text: ModelText | undefined;
  try {
    const stored = await readFinetuningRun(run);
    const prepared = await prepare(withDefaults(finetuneFields, { ...stored, ...given }), context);
    const { config, data, base, adapted } = prepared;
    text = prepared.text;
    const search = await findCheckpoint(run, (path) => readRunCheckpoint(path, adapted));
    const { found: checkpoint } = search;
    const begun = (checkpoint?.run['config'] as Partial<FinetuneConfig> | undefined) ?? stored;
    const changes = changedSettings(finetuneChanges, begun, config, run).map(describeChange);
    const record = (await readRecord(run)) ?? recordOf(prepared);
    checkSameData(
      (checkpoint?.run['data'] as DataHashes | undefined) ?? record.data.hashes,
      { hashes: hashesOf(data) },
      run,
    );
    checkSameBase(record.base, base, config.model);
    await withBackend(config.backend, context, async (backend) => {
      const notes = [
        ...changes.map((change) => `Changed: ${change}.`),
        ...describeBackend(checkpoint, backend),
        ...(await rewind(folder, search)),
      ];
      await folder.writeConfig(config);
      await writeRecord(run, record, createSession(backend, checkpoint?.checkpoint.step ?? 0));
      await trainInto(
        { command: 'finetune', config, context, backend, folder, checkpoint, json, notes },
        await finetuningJob({ backend, ...prepared }),
      );
    });
  } finally {
    await text?.close();
    await folder.close();
  }
}

/** A checkpoint of the run: of its adapters, or of the whole model. */
async function readRunCheckpoint(path: string, { model, lora }: AdaptedModel): Promise<StoredCheckpoint> {
  if (!lora) return readCheckpoint(path);
  return readModelCheckpoint(path, [ADAPTER_CONFIG_JSON, ADAPTER_SAFETENSORS], async () => {
    const tensors = await readSafetensors(join(path, ADAPTER_SAFETENSORS));
    const named = [...adapterNames(model)].flatMap(([own, peft]) => {
      const tensor = tensors[peft];
      return tensor ? [[own, tensor] as const] : [];
    });
    // What is missing is named when the trainer takes them.
    return Object.fromEntries(named);
  });
}

function hashesOf({ examples }: FineTuningData): DataHashes {
  return { train: examples.train.fingerprint, val: examples.validation?.fingerprint ?? null };
}

function recordOf({ config, data, base }: Prepared): RunRecord {
  const { report } = data;
  return {
    ...createRecord(config, {
      path: config.data,
      trainTokens: report.parts.train?.tokens ?? 0,
      hashes: hashesOf(data),
    }),
    base,
  };
}

/** @throws AttuneError CHECKPOINT_MISMATCH if the weights are not those that the run began with. */
function checkSameBase(recorded: string | undefined, base: string, model: string): void {
  if (recorded === undefined || recorded === base) return;
  throw new AttuneError(
    'CHECKPOINT_MISMATCH',
    `The weights of ${model} are not those that the run began with.`,
    {
      fix: 'Put the model back as it was, or begin a new run.',
      data: { expected: recorded, found: base },
    },
  );
}
