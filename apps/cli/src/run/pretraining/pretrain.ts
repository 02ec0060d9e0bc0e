import { prepareText, storyCorpus } from '@attune/data';
import { writeTokenFolder } from '@attune/data/node';
import type { ResolvedConfig } from '../../config/training-config.js';
import type { Context } from '../../context.js';
import { adoptShape } from './init-from.js';
import { openModel, requireGpt2 } from '../models/model-folder.js';
import { withBackend } from '../open-backend.js';
import { RunFolder } from '../run-folder/run-folder.js';
import { createRecord, createSession, writeRecord } from '../run-folder/run-record.js';
import { trainInto } from '../training/train-into.js';
import { pretrainingJob } from './pretraining.js';
import { openTrainingData } from './training-data.js';

/** What is asked of `attune pretrain`. */
export interface PretrainRequest extends ResolvedConfig {
  readonly out: string;
  /** Whether an earlier run in `out` may be removed. */
  readonly overwrite: boolean;
  /** Metrics as JSON lines on stdout; what is told to people goes to stderr. */
  readonly json: boolean;
}

/**
 * Trains a model as the request says, into its folder.
 *
 * Everything that can be wrong with the request is found before the folder is touched.
 *
 * @throws AttuneError INTERRUPTED after Ctrl-C, when a checkpoint has been written.
 */
export async function pretrain(request: PretrainRequest, context: Context): Promise<void> {
  const source =
    request.config.initFrom === undefined ? undefined : await openModel(request.config.initFrom, context);
  const config = source
    ? {
        ...adoptShape(request.config, request.given, requireGpt2(source).config, source.path),
        // A branch of the hub may move on: the run began with this commit.
        initFrom: source.name,
      }
    : request.config;
  await withBackend(config.backend, context, async (backend) => {
    const open = (path: string) => openTrainingData(path, config, source);
    let data = config.data === undefined ? undefined : await open(config.data);
    let folder: RunFolder | undefined;
    try {
      folder = await RunFolder.create(request.out, {
        overwrite: request.overwrite,
        preparesData: data === undefined,
      });
      await folder.writeConfig(config);
      data ??= await open(await prepareEmbeddedCorpus(folder.data));
      await writeRecord(
        folder.path,
        createRecord(config, { ...data, path: config.data }),
        createSession(backend, config.backend, 0),
      );
      const job = await pretrainingJob({ config, backend, data, source, resumes: false });
      await trainInto({ command: 'pretrain', config, context, backend, folder, json: request.json }, job);
    } finally {
      await folder?.close();
      await data?.close();
    }
  });
}

/**
 * The vocabulary of the embedded corpus: most of its words are one token, and any other text can be written in bytes. The
 * tokens of ChatML are there for whoever teaches the model to chat.
 */
const STORY_VOCABULARY = {
  vocabSize: 512,
  specialTokens: ['<|endoftext|>', '<|im_start|>', '<|im_end|>'],
};

/** The embedded corpus as a token folder. */
export async function prepareEmbeddedCorpus(path: string): Promise<string> {
  await writeTokenFolder(path, await prepareText(storyCorpus(), { tokenizer: 'bpe', bpe: STORY_VOCABULARY }));
  return path;
}
