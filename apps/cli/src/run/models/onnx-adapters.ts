import { basename, resolve } from 'node:path';
import { AttuneError, type HostTensors } from '@attune/core';
import { adaptedLayers, adapterFile, adapterTensors } from '@attune/export-onnx';
import { counted } from '@attune/files';
import { readAdapter, readModelFolder, type ReadAdapter } from '@attune/formats';
import { loraLayers, mergeLora, type LanguageModel } from '@attune/nn';
import {
  findModel,
  isAdapter,
  languageModelOf,
  locateModel,
  readBaseName,
  readSteadily,
  targetModules,
  type OpenModel,
  type RunHost,
} from '@attune/runs';
import type { Context } from '../../environment/context.js';
import { exists } from '../../environment/files.js';
import { runHost } from '../host/run-host.js';
import { writeTo, type Target } from '../host/target.js';

/** An adapter that is written beside a model, which takes it as inputs. */
export interface GivenAdapter {
  readonly name: string;
  /** Its matrices, by the names of the inputs. */
  readonly tensors: HostTensors;
  /** The weights of the model that it makes of a base. */
  mergedWith(base: HostTensors): HostTensors;
}

/** The layers of a model that take adapters as inputs, by their paths, and the adapters that are at hand. */
export interface AdapterInputs {
  readonly layers: readonly string[];
  readonly given: readonly GivenAdapter[];
}

/** An adapter that was read, with the model that it was laid over. */
interface LaidAdapter {
  readonly model: LanguageModel;
  readonly adapter: ReadAdapter;
}

/** The name that an adapter has among others: that of its folder. */
function nameOf(folder: string): string {
  return basename(resolve(folder));
}

async function layOver({ config, path }: OpenModel, name: string, host: RunHost): Promise<LaidAdapter> {
  const model = languageModelOf(config, path);
  return { model, adapter: await readAdapter(await findModel(host.folder(name)), model) };
}

/**
 * Reads which layers of a model take adapters as inputs, and the adapters that were given: `undefined` if none do.
 *
 * @throws AttuneError INVALID_ARGUMENT for two adapters of one name, or one that changes a layer that has no inputs;
 * UNSUPPORTED_MODEL for one that cannot be fed; what reading an adapter throws.
 */
export async function adapterInputs(
  request: { readonly adapterInputs: readonly string[]; readonly targetModules: readonly string[] },
  opened: OpenModel,
  host: RunHost,
): Promise<AdapterInputs | undefined> {
  const folders = request.adapterInputs;
  if (folders.length === 0 && request.targetModules.length === 0) return undefined;
  const twice = folders.find((one, i) => folders.findIndex((other) => nameOf(other) === nameOf(one)) < i);
  if (twice !== undefined) {
    throw new AttuneError('INVALID_ARGUMENT', `Two adapters have the name ${nameOf(twice)}.`, {
      fix: 'Each is written under the name of its folder: rename one.',
    });
  }
  const laid: LaidAdapter[] = [];
  for (const folder of folders) laid.push(await layOver(opened, folder, host));
  const changed = laid.flatMap(({ model }) => [...loraLayers(model).keys()]);
  const layers =
    request.targetModules.length > 0
      ? adaptedLayers(opened.model.config, targetModules(opened, request.targetModules))
      : [...new Set(changed)];
  const given = laid.map(({ model, adapter }, i) => ({
    name: nameOf(folders[i]!),
    tensors: adapterTensors(model, adapter, layers),
    mergedWith: (base: HostTensors) => mergeLora(model, adapter.over(base)),
  }));
  return { layers, given };
}

/** The folder of the adapter that is meant: it is the model that was named, or was named itself. */
async function adapterFolder(model: string, adapter: string | undefined, host: RunHost) {
  const { folder } = await locateModel(model, host);
  const own = await isAdapter(folder);
  if (own && adapter === undefined) return { adapter: folder, base: await readBaseName(folder, host) };
  if (!own && adapter !== undefined) return { adapter: await findModel(host.folder(adapter)), base: model };
  throw new AttuneError(
    'INVALID_CONFIG',
    own
      ? `${folder.name} is an adapter, and so is ${adapter}.`
      : `${folder.name} is no adapter, and --adapter names none.`,
    { fix: 'Name one adapter: with --model, or with --adapter and its model with --model.' },
  );
}

/**
 * Writes an adapter as the file that a decoder takes which was exported with inputs for adapters.
 *
 * @throws AttuneError INVALID_CONFIG if the file exists, or there is no adapter; UNSUPPORTED_MODEL if it cannot be fed; what
 * reading it throws.
 */
export async function exportAdapter(
  {
    model: name,
    adapter: given,
    out,
    overwrite,
    ...others
  }: {
    readonly model: string;
    readonly adapter?: string | undefined;
    readonly out: string;
    readonly overwrite: boolean;
    readonly adapterInputs: readonly string[];
    readonly targetModules: readonly string[];
  },
  target: Target,
  context: Context,
): Promise<{ readonly adapter: string; readonly bytes: number }> {
  if (others.adapterInputs.length > 0 || others.targetModules.length > 0) {
    throw new AttuneError(
      'INVALID_CONFIG',
      '--adapter-only writes one adapter, and no model with inputs for it.',
      {
        fix: 'Leave out --adapter-inputs and --target-modules, or --adapter-only.',
      },
    );
  }
  if (!overwrite && (await exists(out))) {
    throw new AttuneError('INVALID_CONFIG', `${out} exists already.`, {
      fix: 'Choose another file, or replace it with --overwrite.',
    });
  }
  const host = runHost(context, target);
  const { adapter, tensors } = await readSteadily([name, given], host, async () => {
    const found = await adapterFolder(name, given, host);
    const { folder } = await locateModel(found.base, host);
    const { config, path, tensors } = await readModelFolder(folder);
    await tensors.close();
    const model = languageModelOf(config, path);
    return {
      adapter: found.adapter.name,
      tensors: adapterTensors(model, await readAdapter(found.adapter, model)),
    };
  });
  let bytes = 0;
  await writeTo(
    target,
    out,
    counted(adapterFile(tensors), (more) => void (bytes += more)),
  );
  return { adapter, bytes };
}
