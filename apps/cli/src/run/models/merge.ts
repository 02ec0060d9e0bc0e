import { AttuneError } from '@attune/core';
import { writeModelFolder } from '@attune/formats';
import { findModel, isAdapter, locateModel, openAnyModel, readCompanions, readSteadily } from '@attune/runs';
import type { Context } from '../../environment/context.js';
import { exists } from '../../environment/files.js';
import { runHost } from '../host/run-host.js';
import { writeFolderTo, type Target } from '../host/target.js';

/** The request of `attune merge`. */
export interface MergeRequest {
  readonly model: string;
  readonly adapter?: string;
  readonly out: string;
  readonly dtype: 'f32' | 'bf16' | 'f16';
}

/** The result of a merge. */
export interface MergeReport {
  readonly model: string;
  readonly adapter: string;
  readonly out: string;
  readonly dtype: MergeRequest['dtype'];
  readonly parameters: number;
}

/**
 * Adds an adapter's updates to the weights of its model, and writes the model they make: it needs no adapter any more.
 *
 * @throws AttuneError INVALID_CONFIG if there is no adapter, or the folder is taken; what reading model and adapter throws.
 */
export async function merge(request: MergeRequest, target: Target, context: Context): Promise<MergeReport> {
  const { out, dtype } = request;
  if (await exists(out)) {
    throw new AttuneError('INVALID_CONFIG', `${out} exists already.`, { fix: 'Choose another --out.' });
  }
  const host = runHost(context, target);
  const { folder } = await locateModel(request.model, host);
  const own = await isAdapter(folder);
  if (!own && request.adapter === undefined) {
    throw new AttuneError('INVALID_CONFIG', `${folder.name} is no adapter, and --adapter names none.`, {
      fix: 'Name the adapter with --adapter, or its run with --model.',
    });
  }
  const { name: adapter } = own ? folder : await findModel(host.folder(request.adapter!));
  const { opened, companions } = await readSteadily([request.model, request.adapter], host, async () => {
    const model = await openAnyModel(request, host);
    return { opened: model, companions: await readCompanions(model, host, { output: context.stderr }) };
  });
  const { config, tensors, source } = opened;
  await writeFolderTo(target, out, 'config.json', (folder) =>
    writeModelFolder(folder, { config, source, parameters: tensors, ...companions, dtype }),
  );
  const parameters = Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);
  return { model: opened.name, adapter, out, dtype, parameters };
}
