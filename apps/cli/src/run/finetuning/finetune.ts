import { join } from 'node:path';
import {
  changedSettings,
  describeChange,
  finetuneConfig,
  finetuneFields,
  recordedFinetuneConfig,
  type FinetuneConfig,
} from '@attune/runs';
import type { Context } from '../../context.js';
import type { ModelText } from '../models/model-text.js';
import { checkStoredBackend } from '../backend-package.js';
import { withBackend } from '../open-backend.js';
import { findCheckpoint } from '../run-folder/checkpoints.js';
import { readFinetuningRun } from '../run-folder/run-config.js';
import { CONFIG_YAML, RunFolder } from '../run-folder/run-folder.js';
import { createSession, hashesOfRun, readRecord, writeRecord } from '../run-folder/run-record.js';
import { describeBackend, rewind } from '../training/resume.js';
import { trainInto } from '../training/train-into.js';
import { finetuningJob, requireFinetuningMemory } from './finetuning.js';
import { checkSameOrigin, prepareFinetuning, readRunCheckpoint, recordOf } from './prepare-finetuning.js';

/** What is asked of `attune finetune`. */
export interface FinetuneRequest {
  readonly config: FinetuneConfig;
  readonly out: string;
  /** Whether an earlier run in `out` may be removed. */
  readonly overwrite: boolean;
  /** Metrics as JSON lines on stdout; what is told to people goes to stderr. */
  readonly json: boolean;
}

/**
 * Fine-tunes a model as the request says, into its folder. Everything that can be wrong with the request is found before
 * the folder is touched.
 *
 * @throws AttuneError INTERRUPTED after Ctrl-C, when a checkpoint has been written.
 */
export async function finetune(request: FinetuneRequest, context: Context): Promise<void> {
  const prepared = await prepareFinetuning(request.config, context);
  const { config, text } = prepared;
  try {
    await withBackend(config.backend, context, async (backend) => {
      requireFinetuningMemory({ backend, ...prepared });
      const folder = await RunFolder.create(request.out, { overwrite: request.overwrite });
      try {
        await folder.writeConfig(config);
        await writeRecord(folder.path, recordOf(prepared), createSession(backend, config.backend, 0));
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
    checkStoredBackend(stored, given, join(run, CONFIG_YAML));
    const prepared = await prepareFinetuning(finetuneConfig({ ...stored, ...given }), context);
    const { config, adapted } = prepared;
    text = prepared.text;
    const search = await findCheckpoint(run, 'finetune', (path) => readRunCheckpoint(path, adapted));
    const { found: checkpoint } = search;
    const recorded = checkpoint?.run['config'] as Partial<FinetuneConfig> | undefined;
    const begun = recorded ? recordedFinetuneConfig(recorded) : stored;
    const changes = changedSettings(finetuneFields, begun, config, run, 'finetune').map(describeChange);
    const record = (await readRecord(run)) ?? recordOf(prepared);
    checkSameOrigin({ hashes: hashesOfRun(checkpoint, record), base: record.base }, prepared, run);
    await withBackend(config.backend, context, async (backend) => {
      const notes = [
        ...changes.map((change) => `Changed: ${change}.`),
        ...describeBackend(checkpoint, backend),
        ...(await rewind(folder, search)),
      ];
      await folder.writeConfig(config);
      await writeRecord(
        run,
        record,
        createSession(backend, config.backend, checkpoint?.checkpoint.step ?? 0),
      );
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
