import { openModel, openWithText, samplingOf, type ChosenBackend } from '@attune/runs';
import { createServer, serveModel, type ModelCatalog, type ServedModel } from '@attune/serve';
import { listen, startGrammarThread } from '@attune/serve/node';
import { allocateParameters } from '@attune/train';
import { withBackend } from '../../backends/open-backend.js';
import type { Context } from '../../environment/context.js';
import { reportError } from '../../errors.js';
import { heldIn, readsNarrow, type HeldWeights } from '../host/held-weights.js';
import { runHost } from '../host/run-host.js';
import { listenForInterrupt } from '../training/interrupt.js';
import { announcement, logLine } from './announcement.js';
import { apiKeys } from './api-keys.js';
import { modelName, namedAdapters } from './model-name.js';

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
  namedAdapters(request.adapter, name);
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
    await withModels(request, name, context, async (models, backend) => {
      if (interrupt.aborted) return;
      catalog = { models };
      const [{ batcher, text }] = models as [ServedModel];
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

/** Opens the models, gives them to some work, and frees them afterwards. */
async function withModels(
  request: ServeRequest,
  name: string,
  context: Context,
  work: (models: readonly ServedModel[], backend: string) => Promise<void>,
): Promise<void> {
  const { model: given, weights, rows, queue: maxWaiting, contextLength } = request;
  const asked = { model: given, narrow: readsNarrow(weights) };
  const { text, tensors, ...opened } = await openWithText(
    openModel,
    asked,
    runHost(context),
    request.template,
  );
  try {
    // What is wrong with its defaults is told now, and not to who asks.
    samplingOf({}, text.generation);
    const model = heldIn(weights, opened.model);
    await withBackend(request, context, async (backend) => {
      const state = await allocateParameters(backend, model, { tensors });
      const served = serveModel(
        { id: name, text, backend, model, state, startGrammar: startGrammarThread },
        { rows, maxWaiting, ...(contextLength !== undefined && { contextLength }) },
      );
      try {
        await work([served], backend.name);
      } finally {
        await served.close();
        state.dispose();
      }
    });
  } finally {
    await text.close();
  }
}
