import { AttuneError, requireMemory } from '@attune/core';
import { blobSource, droppedFolder, type BlobLike, type Folder, type WritableFolder } from '@attune/files';
import { isClassifierConfig, readModelFolder } from '@attune/formats';
import { parameterCount } from '@attune/nn';
import { formatBytes, openTextOf } from '@attune/runs';
import type { OpenedModel } from '../../messages/models.js';
import { readChunks } from '../host/read-chunks.js';
import type { ModelFiles } from './model-files.js';
import { openTemplate } from './templates.js';
import { clearWorkspace, keepModel, workspace } from './workspace.js';

/** Bytes copied at a time. */
const CHUNK_BYTES = 2 ** 22;

/** The most bytes of weights that a tab can hold: WebAssembly has 4 GiB, of which gradients and activations take some. */
const MAX_MODEL_BYTES = 2 ** 31;

/** A blob by its name in the folder: the file itself may have another, or none. */
function named(name: string, blob: BlobLike): BlobLike & { readonly name: string } {
  return {
    name,
    size: blob.size,
    slice: (start, end) => blob.slice(start, end),
    arrayBuffer: () => blob.arrayBuffer(),
  };
}

/**
 * Describes a model from its configuration and the headers of its weights, none of which is read.
 *
 * @param name that runs call it by.
 * @throws AttuneError those of reading a model's folder: UNSUPPORTED_MODEL names a family that is not supported;
 * OUT_OF_MEMORY if it is too large for a tab; FILE_NOT_FOUND if it has no tokenizer.
 */
export async function describeModel(folder: Folder, name: string): Promise<OpenedModel> {
  const { config, model, tensors } = await readModelFolder(folder);
  await tensors.close();
  if (isClassifierConfig(config)) {
    throw new AttuneError('UNSUPPORTED_MODEL', `${folder.name} is a classifier, which writes no text.`, {
      fix: 'Open a language model. Classifiers are trained on the command line: attune finetune --task classify.',
    });
  }
  const { total } = parameterCount(model);
  requireMemory(
    'The model',
    [{ what: `${total.toLocaleString('en')} parameters in 32 bits`, bytes: 4 * total }],
    MAX_MODEL_BYTES,
    'Open a smaller one here, and this one on the command line: attune finetune.',
  );
  const text = await openTextOf([folder], { openTemplate });
  await text.close();
  return {
    ...{ name, family: config.family, parameters: total },
    contextLength: config.blockSize,
    hasTemplate: text.template !== undefined,
  };
}

/** The files of a model as a folder, before they are copied. */
export function givenModel({ name, files }: ModelFiles): Folder {
  return droppedFolder(
    [...files].map(([file, blob]) => named(file, blob)),
    name,
  );
}

/** Writes files into a folder of the workspace, in their order. */
export async function copyInto(folder: WritableFolder, files: ReadonlyMap<string, BlobLike>): Promise<void> {
  await folder.make();
  for (const [file, blob] of files) {
    await folder.write(file, readChunks(blobSource(blob, file), CHUNK_BYTES));
  }
}

/** @throws AttuneError FILE_WRITE if the browser gives this site less storage than the files take. */
export async function requireStorage(
  what: string,
  files: ReadonlyMap<string, { readonly size: number }>,
): Promise<void> {
  const bytes = [...files.values()].reduce((sum, { size }) => sum + size, 0);
  const { quota = Infinity, usage = 0 } = await navigator.storage.estimate();
  const left = Math.max(0, quota - usage);
  if (bytes <= left) return;
  throw new AttuneError(
    'FILE_WRITE',
    `${what} takes ${formatBytes(bytes)} of storage, but this browser has ${formatBytes(left)} left for this page.`,
    { fix: 'Remove earlier runs, free some disk space, or choose a smaller model.' },
  );
}

/**
 * Copies a model into the workspace, in place of what is there. Whatever would be refused later is refused before.
 *
 * @param called the name that runs call it by. Default: that of its folder.
 * @throws AttuneError as {@link describeModel}; FILE_WRITE.
 */
export async function takeModel({ name, files }: ModelFiles, called = name): Promise<OpenedModel> {
  const described = await describeModel(givenModel({ name, files }), called);
  await clearWorkspace();
  await requireStorage('The model', files);
  const folder = (await workspace()).folder(name);
  try {
    await copyInto(folder, files);
    await keepModel({ name: called, folder: name });
  } catch (error) {
    await clearWorkspace().catch(() => undefined);
    throw error;
  }
  return described;
}
