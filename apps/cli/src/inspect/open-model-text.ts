import { isAttuneError } from '@attune/core';
import type { Folder } from '@attune/files';
import { hubIdOf } from '@attune/hub';
import {
  isAdapter,
  locateModel,
  openTextOf,
  readBaseName,
  tokenizerFolder,
  type ModelHost,
  type ModelText,
} from '@attune/runs';
import { exists } from '../environment/files.js';

/**
 * Opens the tokenizer and the chat template of what `--model` names. A folder with a tokenizer is enough, be it that of an
 * adapter or of a run that made one: weights are not looked for.
 *
 * @param template a built-in template by name, or the path of a Jinja file, in place of the model's.
 * @throws AttuneError as `openTextOf`, and of finding the model.
 */
export async function openModelText(
  given: string,
  template: string | undefined,
  host: ModelHost,
): Promise<ModelText> {
  const place = host.folder(given);
  const own = await tokenizerFolder([place, place.folder('final')]);
  const folder = own ?? (await locateModel(given, host)).folder;
  return openTextOf(await textFoldersOf(folder, host), host, template);
}

/** The folders of a model's text files: its own and, of an adapter, that of the model it was trained on. */
async function textFoldersOf(folder: Folder, host: ModelHost): Promise<readonly Folder[]> {
  if (!(await isAdapter(folder))) return [folder];
  const base = await readBaseName(folder, host).catch((error: unknown) => {
    // Without its model, its own tokenizer is enough.
    if (isAttuneError(error, 'FILE_NOT_FOUND')) return undefined;
    throw error;
  });
  const isHub = base !== undefined && (await hubIdOf(base)) !== undefined;
  const isComplete = (await tokenizerFolder([folder])) !== undefined;
  // A model of the hub is not fetched for its template alone.
  if (base === undefined || (isComplete && (isHub || !(await exists(base))))) return [folder];
  return [folder, (await locateModel(base, host)).folder];
}
