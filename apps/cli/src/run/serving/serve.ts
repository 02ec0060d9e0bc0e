import type { ChosenBackend } from '@attune/runs';
import { createServer, type ModelCatalog } from '@attune/serve';
import { listen } from '@attune/serve/node';
import type { Context } from '../../environment/context.js';
import { reportError } from '../../errors/report-error.js';
import type { HeldWeights } from '../host/held-weights.js';
import { listenForInterrupt } from '../training/interrupt.js';
import { announcement, logLine } from './announcement.js';
import { apiKeys } from './api-keys.js';
import { modelName, namedAdapters } from './model-name.js';
import { withModels } from './served-models.js';

/** The request of `attune serve`. */
export interface ServeRequest extends ChosenBackend {
  readonly model: string;
  readonly adapter: readonly string[];
  readonly name?: string;
  readonly template?: string;
  readonly weights: HeldWeights;
  readonly host: string;
  readonly port: number;
  readonly rows: number;
  readonly queue: number;
  readonly contextLength?: number;
  /** Seconds. */
  readonly timeLimit: number;
  readonly apiKeyFile?: string;
  readonly allowOrigin: readonly string[];
  readonly allowHost: readonly string[];
  readonly json: boolean;
}

/** Milliseconds in which answers may be completed after Ctrl-C. */
const CLOSING = 10_000;

/**
 * Serves a model until it is interrupted. The port is taken first: what is wrong with it need not be waited for, and whoever
 * asks too early is told so.
 *
 * @throws AttuneError INVALID_CONFIG, LISTEN_FAILED; what reading the model throws.
 */
export async function serve(request: ServeRequest, context: Context): Promise<void> {
  const { host, port, json } = request;
  const { stdout, stderr } = context;
  const keys = await apiKeys(host, request.apiKeyFile, context.env);
  const name = request.name ?? (await modelName(request.model));
  const adapters = namedAdapters(request.adapter, name);
  let catalog: ModelCatalog = { models: [], loading: true };
  const reportFailure = (error: unknown, id?: string) => {
    if (id !== undefined) stderr.write(`${id}: `);
    reportError(error, context);
  };
  const app = createServer({
    catalog: () => catalog,
    keys,
    origins: request.allowOrigin,
    limits: { answerMs: request.timeLimit * 1000 },
    onRequest: (record) => {
      // Whoever watches over the server asks every few seconds.
      if (record.path === '/health' && record.status < 400) return;
      if (json) stdout.writeJson({ event: 'request', ...record });
      else stdout.write(`${logLine(record)}\n`);
    },
    onError: reportFailure,
  });
  const listening = await listen(app, {
    ...{ host, port, onError: reportFailure },
    ...(request.allowHost.length > 0 && { names: request.allowHost }),
  });
  let stop = () => undefined as void;
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const interrupt = listenForInterrupt(context, () => {
    if (listening.connections > 0) stderr.write('Answers are being completed; Ctrl-C again ends at once.\n');
    stop();
  });
  try {
    await withModels(request, { name, adapters }, context, async (models, backend) => {
      if (interrupt.aborted) return;
      catalog = { models };
      const { batcher, text } = models[0]!;
      const { rows, queue } = request;
      const { contextLength } = batcher;
      const named = models.map(({ id }) => id);
      const served = { url: listening.url, models: named, backend, rows, queue, contextLength };
      const shown = announcement({
        ...served,
        needsKey: keys.length > 0,
        canChat: text.template !== undefined,
      });
      if (json) stdout.writeJson({ event: 'ready', ...served });
      else stdout.write(shown);
      await stopped;
      await listening.close({ within: CLOSING });
    });
  } finally {
    interrupt.dispose();
    await listening.close({ within: 0 });
  }
}
