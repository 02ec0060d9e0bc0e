import { AttuneError } from '@attune/core';
import {
  ADAPTER_CONFIG_JSON,
  ADAPTER_SAFETENSORS,
  CONFIG_JSON,
  GENERATION_CONFIG_JSON,
  INDEX_JSON,
  MODEL_SAFETENSORS,
  TOKENIZER_FILES,
} from '@attune/formats';
import { badResponse } from '../http/faults.js';
import { quote } from '../http/quote.js';
import { isPlainName, sameElsewhere, type HubFile } from './hub-file.js';
import { unsupported } from './read-repository.js';

/** The two files of an adapter. */
const ADAPTER = [ADAPTER_CONFIG_JSON, ADAPTER_SAFETENSORS] as const;

/** Files that are read beside the weights, where they are there. */
const OPTIONAL = [GENERATION_CONFIG_JSON, ...TOKENIZER_FILES, 'chat_template.json'] as const;
/** A tokenizer that only attune writes. */
const OWN_TOKENIZER = 'meta.json';

/** An index of the largest models has about 2 MB. */
export const MAX_INDEX_BYTES = 64 * 2 ** 20;

/** Which files are needed: all of them, or an index that has to be read first. */
export interface Selection {
  readonly files: readonly HubFile[];
  readonly index?: HubFile;
}

/** The format that a repository has instead of safetensors, for a message. */
function otherWeights(names: Iterable<string>): string | undefined {
  return [...names].find((name) => /\.(bin|gguf|pt|pth|h5|msgpack|ckpt|onnx)$/.test(name));
}

/**
 * Chooses the files that a model, or an adapter, is read from. Nothing that is unpickled is among them.
 *
 * @throws AttuneError UNSUPPORTED_MODEL, HUB_BAD_RESPONSE.
 */
export function selectFiles(name: string, listed: ReadonlyMap<string, HubFile>): Selection {
  const present = (names: readonly string[]) => names.flatMap((one) => listed.get(one) ?? []);
  const optional = present(listed.has('tokenizer.json') ? OPTIONAL : [...OPTIONAL, OWN_TOKENIZER]);
  const weights = listed.get(MODEL_SAFETENSORS);
  const index = listed.get(INDEX_JSON);
  const adapter = present(ADAPTER);
  if (!weights && !index) {
    if (adapter.length === ADAPTER.length) return { files: [...adapter, ...optional] };
    const other = otherWeights(listed.keys());
    throw unsupported(
      name,
      `has no ${MODEL_SAFETENSORS}${other ? `, only ${quote(other)} and the like` : ''}`,
      'Choose a model with safetensors. From others, load it in transformers and call save_pretrained.',
    );
  }
  const config = listed.get(CONFIG_JSON);
  if (!config) {
    throw unsupported(name, `has no ${CONFIG_JSON}`, 'Choose a model that transformers can load.');
  }
  const files = [config, ...optional];
  if (weights) return { files: [...files, weights] };
  if (index!.size > MAX_INDEX_BYTES) {
    throw badResponse({ name }, `its ${INDEX_JSON} has ${index!.size} bytes`);
  }
  return { files, index };
}

/** The shards that an index names. */
export function shardNames(index: unknown): string[] | undefined {
  const map = (index as { weight_map?: unknown } | null | undefined)?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) return undefined;
  const shards = new Set(Object.values(map));
  return [...shards].every((shard) => typeof shard === 'string') ? ([...shards] as string[]) : undefined;
}

/**
 * The files of the shards that an index names.
 *
 * @throws AttuneError FILE_CORRUPT.
 */
export function selectShards(
  name: string,
  index: unknown,
  listed: ReadonlyMap<string, HubFile>,
): readonly HubFile[] {
  const fail = (reason: string) =>
    new AttuneError('FILE_CORRUPT', `${INDEX_JSON} of ${name} ${reason}.`, {
      fix: 'Choose another model or revision: this one cannot be read by anybody.',
    });
  const shards = shardNames(index);
  if (!shards) throw fail('does not map the names of tensors to files');
  const same = sameElsewhere(shards);
  if (same) throw fail(`names ${same.map(quote).join(' and ')}, which are one file on some systems`);
  return shards.map((shard) => {
    if (!isPlainName(shard) || !shard.endsWith('.safetensors')) {
      throw fail(`names ${quote(shard)}, which is no safetensors file in its folder`);
    }
    const file = listed.get(shard);
    if (!file) throw fail(`names ${quote(shard)}, which the model does not have`);
    return file;
  });
}
