import { AttuneError } from '@attune/core';
import { fieldGroup, watchedBy, type RunAudience, type TrainingCommand } from '@attune/runs';
import type { Context } from '../../environment/context.js';
import { withEventFiles } from './event-files.js';
import { messageOf, openLivePage } from './live-page.js';
import { terminalAudience } from './terminal-audience.js';

const output = fieldGroup('Output');

/** Flags of the live page. */
export const liveFields = {
  ui: output.switch({ description: 'serve a page that shows the training as it goes, on this machine only' }),
  uiPort: output.optionalInteger({
    description: 'port of the page (default: 6006, or one after it that is free)',
    min: 0,
    max: 65_535,
  }),
};

/** How a training is shown. */
export interface WatchOptions {
  readonly json: boolean;
  readonly ui: boolean;
  readonly uiPort?: number | undefined;
}

/**
 * Trains before whoever watches: the terminal and, with `--ui`, a page. When the run has come to its end and somebody sits at
 * the terminal, the page stays until Ctrl-C; elsewhere the command ends, and open pages keep what they show.
 *
 * @param train is handed the audience.
 * @throws AttuneError INVALID_CONFIG for a port without a page; LISTEN_FAILED; whatever `train` throws.
 */
export async function watchedTraining(
  command: TrainingCommand,
  options: WatchOptions,
  context: Context,
  train: (audience: RunAudience) => Promise<void>,
): Promise<void> {
  const { ui, uiPort } = options;
  const terminal = terminalAudience(command, options, context);
  // Rank 0 shows the run.
  if (context.ranks?.leads === false) return train(terminal);
  if (!ui) {
    if (uiPort === undefined) return withEventFiles(terminal, context, train);
    throw new AttuneError('INVALID_CONFIG', '--ui-port names the port of a page, but there is none.', {
      fix: 'Add --ui.',
    });
  }
  const page = await openLivePage(command, uiPort, context);
  const { run } = page;
  const printer = options.json ? context.stderr : context.stdout;
  printer.write(`page     ${page.url}\n`);
  try {
    const watched = watchedBy(terminal, run.observer, (error) =>
      context.stderr.write(`The page shows no more of the run: ${messageOf(error)}\n`),
    );
    await withEventFiles(watched, context, train);
    // A folder that holds the finished run began none.
    if (run.info && printer.isTTY) {
      printer.write(`\nThe page stays until Ctrl-C: ${page.url}\n`);
      await interruption(context);
    }
  } catch (error) {
    run.failed(error);
    throw error;
  } finally {
    await page.close();
  }
}

/** Resolves at the next request to end. */
function interruption(context: Context): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = context.onInterrupt(() => {
      unsubscribe();
      resolve();
    });
  });
}
