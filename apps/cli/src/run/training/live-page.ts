import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAttuneError, systemCode } from '@attune/core';
import { readMetrics, type TrainingCommand } from '@attune/runs';
import { listen, type Listening } from '@attune/serve/node';
import { LiveRun, liveApp, type LiveApp } from '@attune/tracking';
import { readLiveScripts } from '@attune/tracking/node';
import type { Context } from '../../environment/context.js';
import { runHost } from '../host/run-host.js';

/** Where a page is served if no port is named: TensorBoard's port, or one of those behind it that is free. */
const [FIRST_PORT, LAST_PORT] = [6006, 6015];

/** Milliseconds for open pages to fetch the last of a run, and to be told that the server closes. */
const [LAST_LOOK, FAREWELL] = [1000, 300];

/** A page that shows a running training, on this machine. */
export interface LivePage {
  /** The address, with a path that nobody guesses. */
  readonly url: string;
  readonly run: LiveRun;
  /** Closes the server, when open pages have shown the end. */
  close(): Promise<void>;
}

/**
 * Opens the page of a run that is about to begin.
 *
 * @throws AttuneError LISTEN_FAILED if the port is taken.
 */
export async function openLivePage(
  command: TrainingCommand,
  port: number | undefined,
  context: Context,
): Promise<LivePage> {
  const host = runHost(context);
  const run = new LiveRun({
    command,
    processBytes: () => process.memoryUsage.rss(),
    earlier: (path) => readMetrics(host.folder(path)),
  });
  // Other users of the machine can reach its ports, and samples and rows may be private.
  const key = randomBytes(16).toString('base64url');
  const app = liveApp({ run, key, scripts: await readLiveScripts() });
  const server = await listenNear(app, port, context);
  return {
    url: `${server.url}/${key}/`,
    run,
    async close() {
      if (app.pages > 0) await sleep(LAST_LOOK);
      run.close();
      if (app.pages > 0) await sleep(FAREWELL);
      await server.close({ within: 0 });
    },
  };
}

async function listenNear(app: LiveApp, asked: number | undefined, context: Context): Promise<Listening> {
  let isTold = false;
  const onError = (error: unknown) => {
    if (!isTold) context.stderr.write(`The page of the run: ${messageOf(error)}\n`);
    isTold = true;
  };
  if (asked !== undefined) return listen(app, { port: asked, onError });
  for (let port = FIRST_PORT; port <= LAST_PORT; port++) {
    try {
      return await listen(app, { port, onError });
    } catch (error) {
      if (!isAttuneError(error) || systemCode(error.cause) !== 'EADDRINUSE') throw error;
    }
  }
  return listen(app, { onError });
}

/** An error, for people. */
export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
