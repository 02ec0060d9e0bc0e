import { isJsonObject, readJsonObject, type Folder } from '@attune/files';
import { ADAPTER_CONFIG_JSON, parseAdapterConfig, readAdapter, readModelFolder } from '@attune/formats';
import { openTextOf, publicName } from '@attune/runs';
import type { OpenedAdapter } from '../../messages/finetune.js';
import { copyInto, givenModel, requireStorage } from '../models/open-model.js';
import { openTemplate } from '../models/templates.js';
import { ADAPTER_FOLDER, workspace, type StoredModel } from '../models/workspace.js';
import type { AdapterFiles } from './tuned-files.js';

/** The page's own file beside the adapter. */
export const ADAPTER_JSON = 'playground.json';

/** The last name of a path, or of one of the hub. */
const lastName = (name: string) => publicName(name).slice('./'.length);

/** Describes an adapter by its configuration. @throws AttuneError FILE_CORRUPT, UNSUPPORTED_MODEL. */
async function describe(folder: Folder, name: string, model: StoredModel): Promise<OpenedAdapter> {
  const source = await readJsonObject(folder, ADAPTER_CONFIG_JSON);
  const { lora } = parseAdapterConfig(source, `${name}/${ADAPTER_CONFIG_JSON}`);
  const base = source['base_model_name_or_path'];
  const [own] = lastName(model.name).split('@');
  const isOther = typeof base === 'string' && base !== '' && lastName(base) !== own;
  return { name, rank: lora.rank, ...(isOther && { otherBase: base.slice(0, 100) }) };
}

/** The adapter that was opened; `undefined` if there is none, or none that can be read. */
export async function findOpenedAdapter(model: StoredModel): Promise<OpenedAdapter | undefined> {
  const folder = (await workspace()).folder(ADAPTER_FOLDER);
  if (!(await folder.has(ADAPTER_CONFIG_JSON))) return undefined;
  const value = await readJsonObject(folder, ADAPTER_JSON).catch(() => undefined);
  const name = isJsonObject(value) && typeof value['name'] === 'string' ? value['name'] : ADAPTER_FOLDER;
  return describe(folder, name, model).catch(() => undefined);
}

/** Removes the adapter that was opened. */
export async function closeOpenedAdapter(): Promise<void> {
  await (await workspace()).remove(ADAPTER_FOLDER);
}

/** Refuses an adapter that does not fit a model. @throws AttuneError those of reading an adapter. */
export async function checkAdapter(adapter: Folder, base: Folder): Promise<void> {
  const { model, tensors } = await readModelFolder(base);
  await tensors.close();
  await readAdapter(adapter, model);
}

/**
 * Lays an adapter over the model that is open, and keeps it beside that. All that does not fit is refused before.
 *
 * @throws AttuneError those of reading an adapter: CHECKPOINT_MISMATCH for one of another model; FILE_WRITE.
 */
export async function takeAdapter(given: AdapterFiles, stored: StoredModel): Promise<void> {
  const adapter = givenModel(given);
  const space = await workspace();
  const base = space.folder(stored.folder);
  await checkAdapter(adapter, base);
  const text = await openTextOf([adapter, base], { openTemplate });
  await text.close();
  await closeOpenedAdapter();
  await requireStorage('The adapter', given.files);
  try {
    const folder = space.folder(ADAPTER_FOLDER);
    await folder.make();
    await folder.write(ADAPTER_JSON, JSON.stringify({ name: given.name }));
    await copyInto(folder, given.files);
  } catch (error) {
    await closeOpenedAdapter().catch(() => undefined);
    throw error;
  }
}
