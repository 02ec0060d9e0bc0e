import { objectOf, readText, type Folder, type JsonObject } from '@attune/files';
import { ADAPTER_CONFIG_JSON } from '@attune/formats';
import { isAbsolutePath } from '../models/model/base-name.js';
import { LABELS_JSON } from '../models/folder/companion-files.js';
import type { AdapterFacts, CardFacts } from './model-card.js';
import { lastName, readRunFacts, type RunFactsHost } from './run-facts.js';
import type { ModelKind } from './usage.js';

/** A configuration takes some kilobytes. */
const MAX_BYTES = 2 ** 20;
const HUB_ID = /^[\w-][\w.-]*\/[\w-][\w.-]*$/;

/** A JSON object of a folder, as far as it can be read: a card does without what it does not know. */
async function objectIn(folder: Folder, name: string): Promise<JsonObject> {
  try {
    return objectOf(JSON.parse(await readText(folder, name, { maxBytes: MAX_BYTES })));
  } catch {
    return {};
  }
}

const numberOf = (value: unknown) =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

function adapterFacts(config: JsonObject): AdapterFacts {
  const { base_model_name_or_path: base, r, lora_alpha: loraAlpha } = config;
  const [rank, alpha] = [numberOf(r), numberOf(loraAlpha)];
  const isHub = typeof base === 'string' && HUB_ID.test(base);
  const isPath = typeof base === 'string' && (isAbsolutePath(base) || !isHub);
  const name = isPath ? lastName(base) : base;
  return {
    ...(typeof name === 'string' && { base: { name, isHub } }),
    ...(rank !== undefined && { rank }),
    ...(alpha !== undefined && { alpha }),
  };
}

function kindsOf(files: readonly string[]): ModelKind[] {
  const has = (kind: RegExp) => files.some((file) => kind.test(file));
  return [
    ...(has(/^model.*\.safetensors$/) ? (['model'] as const) : []),
    ...(has(/^adapter_config\.json$/) ? (['adapter'] as const) : []),
    ...(has(/\.gguf$/) ? (['gguf'] as const) : []),
    ...(has(/\.onnx$/) ? (['onnx'] as const) : []),
  ];
}

/** The rest of what a card is written from. */
export interface CardRequest extends Pick<CardFacts, 'name' | 'files' | 'license' | 'datasets' | 'attune'> {
  /** The run that the folder came from. */
  readonly run?: Folder;
}

/**
 * Reads what a card is written from.
 *
 * @throws AttuneError FILE_CORRUPT, FILE_NOT_FOUND if the run cannot be read.
 */
export async function readCardFacts(
  folder: Folder,
  request: CardRequest,
  host: RunFactsHost,
): Promise<CardFacts> {
  const { run, ...given } = request;
  const kinds = kindsOf(request.files);
  const config = await objectIn(folder, 'config.json');
  const adapter = kinds.includes('adapter')
    ? adapterFacts(await objectIn(folder, ADAPTER_CONFIG_JSON))
    : undefined;
  const architecture = config['model_type'];
  const names = config['architectures'];
  return {
    ...given,
    kinds,
    classifies:
      request.files.includes(LABELS_JSON) ||
      (Array.isArray(names) && names.some((name) => /ForSequenceClassification$/.test(String(name)))),
    ...(typeof architecture === 'string' && /^[\w.-]{1,64}$/.test(architecture) && { architecture }),
    ...(adapter && { adapter }),
    ...(run && { run: await readRunFacts(run, host) }),
  };
}
