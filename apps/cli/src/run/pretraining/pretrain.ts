import { plural, shellWord } from '@attune/core';
import type { ResolvedConfig } from '../../config/training-config.js';
import type { Context } from '../../environment/context.js';
import { attuneCommand } from '../../environment/invocation.js';
import { indent } from '../training/sample-text.js';
import { findRunToContinue } from './continue-run.js';

/** The request of `attune pretrain`. */
export interface PretrainRequest extends ResolvedConfig {
  readonly out: string;
  /** An earlier run in `out` may be removed. */
  readonly overwrite: boolean;
  /** Metrics as JSON lines on stdout; what is told to people goes to stderr. */
  readonly json: boolean;
}

/** The two ways in which there is something to train. */
export interface Continuation {
  begin(): Promise<void>;
  resume(): Promise<void>;
}

/**
 * Goes on with a run of the same settings in the folder, says that it is finished, or begins one: see
 * {@link findRunToContinue}.
 *
 * @throws AttuneError INVALID_CONFIG if the folder holds another run, which is left as it is; what the continuation throws.
 */
export async function continueOrPretrain(
  request: PretrainRequest,
  context: Context,
  { begin, resume }: Continuation,
): Promise<void> {
  const { out: run, json } = request;
  const found = await findRunToContinue(request);
  // Rank 0 may change the folder now.
  await context.ranks?.meet();
  const output = json ? context.stderr : context.stdout;
  switch (found.kind) {
    case 'none':
      return begin();
    case 'unfinished':
      output.write(`${run} holds this run, not finished: going on with it.\n`);
      return resume();
    case 'finished':
      output.write(
        [
          `${run} holds this run, finished after ${plural(found.steps, 'step')}.`,
          ...(found.sample === undefined ? [] : ['', 'It writes:', '', indent(found.sample)]),
          '',
          `Next: ${attuneCommand(context)} generate --model ${shellWord(run)}`,
          'Start over: the same command with --overwrite (npm start -- --overwrite).',
          '',
        ].join('\n'),
      );
  }
}
