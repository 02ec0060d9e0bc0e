import { openChatTemplate, type RenderLimits } from '@attune/data/node';
import {
  openAdapter,
  openModel,
  openWithText,
  samplingOf,
  type ChosenBackend,
  type ModelText,
} from '@attune/runs';
import { DecoderPool, serveAdapter, serveModel, type AdapterParts, type ServedModel } from '@attune/serve';
import { startGrammarThread } from '@attune/serve/node';
import { allocateParameters } from '@attune/train';
import { withBackend } from '../../backends/open-backend.js';
import type { Context } from '../../environment/context.js';
import { heldIn, readsNarrow, type HeldWeights } from '../host/held-weights.js';
import { runHost } from '../host/run-host.js';
import type { NamedAdapter } from './model-name.js';

/** The model to serve, and how its requests are batched. */
export interface ModelsRequest extends ChosenBackend {
  readonly model: string;
  readonly template?: string;
  readonly weights: HeldWeights;
  readonly rows: number;
  readonly queue: number;
  readonly contextLength?: number;
}

/** The names that models are served under. */
export interface ServedNames {
  readonly name: string;
  readonly adapters: readonly NamedAdapter[];
}

/** Models that have keys and values of texts on the device at a time. Others wait: memory is for so many. */
const DECODERS = 2;

/**
 * The limits of a chat template: one conversation may make it run into them, which must neither end the chats of others nor hold
 * them up for long.
 */
const TEMPLATE_LIMITS: RenderLimits = { milliseconds: 2_000, lasting: true };

const openTemplate: typeof openChatTemplate = (folder, options) =>
  openChatTemplate(folder, { ...options, limits: TEMPLATE_LIMITS });

/**
 * Opens a model and its adapters, gives them to some work, the model first, and frees them afterwards.
 *
 * @throws AttuneError as opening them does.
 */
export async function withModels(
  request: ModelsRequest,
  { name, adapters }: ServedNames,
  context: Context,
  work: (models: readonly ServedModel[], backend: string) => Promise<void>,
): Promise<void> {
  const { model: given, template, weights, rows, queue: maxWaiting, contextLength } = request;
  const host = { ...runHost(context), openTemplate };
  const asked = { model: given, narrow: readsNarrow(weights) };
  const opened = await openWithText(openModel, asked, host, template);
  const texts: ModelText[] = [opened.text];
  const served: ServedModel[] = [];
  try {
    const others: AdapterParts[] = [];
    for (const adapter of adapters) {
      const other = await openAdapter(opened, adapter.folder, host, template);
      texts.push(other.text);
      others.push({ id: adapter.name, startGrammar: startGrammarThread, ...other });
    }
    // A fault of their defaults is told now, and not to who asks.
    for (const text of texts) samplingOf({}, text.generation);
    const model = heldIn(weights, opened.model);
    await withBackend(request, context, async (backend) => {
      const state = await allocateParameters(backend, model, { tensors: opened.tensors });
      const pool = new DecoderPool(DECODERS);
      const options = { rows, maxWaiting, pool, ...(contextLength !== undefined && { contextLength }) };
      try {
        const base = serveModel(
          { id: name, text: opened.text, backend, model, state, startGrammar: startGrammarThread },
          options,
        );
        served.push(base);
        for (const other of others) served.push(await serveAdapter(base, other, options));
        await work(served, backend.name);
      } finally {
        for (const each of [...served].reverse()) await each.close();
        state.dispose();
      }
    });
  } finally {
    for (const text of texts) await text.close();
  }
}
