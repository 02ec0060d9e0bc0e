import type { HostTensors } from '@attune/core';
import { readAdapter } from '@attune/formats';
import type { LanguageModel } from '@attune/nn';
import { findModel } from '../folder/find-model.js';
import type { ModelHost } from '../model/host.js';
import { languageModelOf } from '../model/language-model.js';
import type { ModelText } from '../text/model-text.js';
import { openTextOf } from '../text/open-text.js';
import type { OpenModel } from '../model/opened-model.js';

/** An adapter of a base model, to run beside it: nothing of the base is copied. */
export interface OpenAdapter {
  /** The model with the adapter's layers. */
  readonly model: LanguageModel;
  /** Tensors of the model that are not those of the base: the adapter's, and what stands in place of the base's. */
  readonly tensors: HostTensors;
  /** With the adapter's own tokenizer and template, where it has some. Close it. */
  readonly text: ModelText;
}

/**
 * Reads an adapter of a language model that was opened.
 *
 * @param adapter its folder, or that of its run.
 * @param template a chat template by name or path, in place of the adapter's and the model's.
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT, UNSUPPORTED_MODEL; CHECKPOINT_MISMATCH for one of another model.
 */
export async function openAdapter(
  base: OpenModel,
  adapter: string,
  host: ModelHost,
  template?: string,
): Promise<OpenAdapter> {
  const folder = await findModel(host.folder(adapter));
  const model = languageModelOf(base.config, folder.name);
  const { over } = await readAdapter(folder, model);
  const tensors = Object.fromEntries(
    Object.entries(over(base.tensors)).filter(([name, tensor]) => tensor !== base.tensors[name]),
  );
  return { model, tensors, text: await openTextOf([folder, ...base.textFolders], host, template) };
}
