import { readJsonObject, type Folder, type JsonObject } from '@attune/files';
import { GENERATION_CONFIG_JSON } from '@attune/formats';
import { firstWith } from './folder-entries.js';

/** The generation configuration that counts: that of the first folder that has one. */
export async function readGenerationConfig(folders: readonly Folder[]): Promise<JsonObject | undefined> {
  const folder = await firstWith(folders, GENERATION_CONFIG_JSON);
  return folder && readJsonObject(folder, GENERATION_CONFIG_JSON);
}

/** The ids that a key of `config.json` or `generation_config.json` gives: one, several, or none. */
function idsOf(value: unknown): number[] {
  return [value].flat().filter((id): id is number => Number.isSafeInteger(id));
}

/** The tokens at which a model ends its texts, as for transformers: be they special or not. */
export function modelEndIds(generation: JsonObject | undefined, source: JsonObject): readonly number[] {
  return idsOf((generation ?? source)['eos_token_id']);
}

/**
 * The generation configuration of a folder that is written: that of the model, ending texts at other tokens as well.
 *
 * @param generation what the model has; `undefined` where that is its `config.json` alone.
 * @param source the model's `config.json`.
 * @param endIds tokens at which answers end.
 * @returns `undefined` where `config.json` says it all.
 */
export function extendedGeneration(
  generation: JsonObject | undefined,
  source: JsonObject,
  endIds: readonly number[],
): JsonObject | undefined {
  const { bos_token_id: bos, pad_token_id: pad } = source;
  const own = modelEndIds(generation, source);
  const ends = [...new Set([...own, ...endIds])];
  if (ends.length === own.length) return generation;
  const { _from_model_config: _, ...kept } = generation ?? {
    ...(idsOf(bos).length > 0 && { bos_token_id: bos }),
    ...(idsOf(pad).length > 0 && { pad_token_id: pad }),
  };
  // Without `_from_model_config`: transformers would take what that says from config.json again.
  return { ...kept, eos_token_id: ends.length === 1 ? ends[0] : ends };
}
