import type { ResolvedConfig } from '../../config/training-config.js';
import type { Context } from '../../context.js';
import { attuneCommand } from '../../invocation.js';
import { adoptShape } from './init-from.js';
import { openModel, requireGpt2 } from '../models/model-folder.js';
import { withBackend } from '../open-backend.js';
import { RunFolder } from '../run-folder/run-folder.js';
import { createRecord, createSession, writeRecord } from '../run-folder/run-record.js';
import { resume } from '../training/resume.js';
import { trainInto } from '../training/train-into.js';
import { indent } from '../training/training-run.js';
import { formatCount } from '../format.js';
import { findRunToContinue } from './continue-run.js';
import { prepareEmbeddedCorpus } from './embedded-corpus.js';
import { pretrainingJob, requirePretrainingMemory } from './pretraining.js';
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
      // The embedded corpus has few tokens, and is not made yet.
      requirePretrainingMemory({
        config,
        backend,
        data: data ?? { vocabSize: config.vocabSize ?? 1 },
        source,
      });
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
 * Goes on with a run of the same settings in the folder, says that it is finished, or begins one: see
 * {@link findRunToContinue}.
 *
 * @throws AttuneError INVALID_CONFIG if the folder holds another run, which is left as it is; as {@link pretrain} and
 * {@link resume}.
 */
export async function continueOrPretrain(request: PretrainRequest, context: Context): Promise<void> {
  const { out: run, given, json } = request;
  const found = await findRunToContinue(request);
  const output = json ? context.stderr : context.stdout;
  switch (found.kind) {
    case 'none':
      return pretrain(request, context);
    case 'unfinished':
      output.write(`${run} holds this run, not finished: going on with it.\n`);
      return resume({ run, given, json }, context);
    case 'finished':
      output.write(
        [
          `${run} holds this run, finished after ${formatCount(found.steps)} steps.`,
          ...(found.sample === undefined ? [] : ['', 'It writes:', '', indent(found.sample)]),
          '',
          `Next: ${attuneCommand(context)} generate --model ${run}`,
          'Begin anew: the same command with --overwrite (npm start -- --overwrite).',
          '',
        ].join('\n'),
      );
  }
}
