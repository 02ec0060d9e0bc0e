import {
  formatSpec,
  listFaults,
  sameSpec,
  type HostTensor,
  type HostTensors,
  type LazyTensor,
  type TensorSpecs,
} from '@attune/core';
import type { LoraConfig, RootModule } from '@attune/nn';
import { readJsonObject, type Folder } from '@attune/files';
import { openSafetensors } from '../safetensors/index.js';
import { readTensors } from '../safetensors/tensor-reader.js';
import { ADAPTER_CONFIG_JSON, ADAPTER_SAFETENSORS, adapterNames, PREFIX } from './adapter.js';
import { parseAdapterConfig, type AdapterConfig } from './adapter-config.js';
import { foreignAdapter, layOver } from './lay-over.js';
import { embeddingOf, HEAD_WEIGHT, isTied } from './tied-head.js';

/** An adapter that was read, and laid over its model. */
export interface ReadAdapter {
  readonly config: AdapterConfig & { readonly lora: LoraConfig };
  /** Those that are trained, by the names that `@attune/nn` gives them. */
  readonly tensors: HostTensors;
  /**
   * Weights of the embedding and the head that stand in place of the base model's: peft saves them beside adapters of
   * these.
   */
  readonly replaced: HostTensors;
  /**
   * All tensors of the model with adapters, from those of the base model: a head that was tied to the embedding, and is
   * not any more, begins as the base's embedding.
   */
  over<T extends HostTensor | LazyTensor>(
    base: Readonly<Record<string, T>>,
  ): Readonly<Record<string, T | HostTensor>>;
}

/**
 * Reads an adapter that peft or `adapterFiles` wrote, and lays it over the model it was trained on: that one has
 * adapters then, and what the adapter's tensors do not hold is frozen. Where the adapter trains an embedding apart from the
 * head that was tied to it, or the other way round, the model is untied.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT, UNSUPPORTED_MODEL; CHECKPOINT_MISMATCH that lists every tensor that does
 * not fit, as with an adapter for another model. The model is as it was then, unless it is the tensors that do not fit.
 */
export async function readAdapter(folder: Folder, model: RootModule): Promise<ReadAdapter> {
  const config = parseAdapterConfig(
    await readJsonObject(folder, ADAPTER_CONFIG_JSON),
    `${folder.name}/${ADAPTER_CONFIG_JSON}`,
  );
  const { lora, untied } = layOver(model, config, folder.name);
  const source = await folder.open(
    ADAPTER_SAFETENSORS,
    `An adapter has its tensors in ${ADAPTER_SAFETENSORS}.`,
  );
  try {
    const reader = await openSafetensors(source);
    const names = adapterNames(model);
    const extra = extraNames(model, reader.specs, names);
    const faults = faultsOf(model, reader.specs, new Map([...names, ...extra.names]));
    for (const name of extra.unexpected) faults.push(`${name} is unexpected`);
    if (faults.length > 0) throw foreignAdapter(folder.name, listFaults(faults), faults);
    const read = async (part: ReadonlyMap<string, string>): Promise<Record<string, HostTensor>> => {
      const found = await readTensors(reader, part.values());
      return Object.fromEntries([...part].map(([own, peft]) => [own, found[peft]!]));
    };
    const tensors = await read(names);
    const replaced = await read(extra.names);
    const embedding = `${embeddingOf(model)}.weight`;
    // What peft loads into one of two that are tied, it loads into both.
    if (isTied(model) && replaced[HEAD_WEIGHT]) {
      const head = replaced[HEAD_WEIGHT];
      const own = tensors[embedding] ?? (replaced[embedding] ??= head);
      delete replaced[HEAD_WEIGHT];
      if (!sameData(own, head)) {
        const reason = `its ${HEAD_WEIGHT} is not its ${embedding}, although the model ties them`;
        throw foreignAdapter(folder.name, reason);
      }
    }
    if (untied && replaced[HEAD_WEIGHT] && !tensors[embedding]) replaced[embedding] ??= replaced[HEAD_WEIGHT];
    // A head that is untied begins as the embedding, with the adapter's values where it has some.
    const headToo = untied && replaced[embedding] !== undefined;
    model.noteAdapters([], [...Object.keys(replaced), ...(headToo ? [HEAD_WEIGHT] : [])]);
    const over: ReadAdapter['over'] = (base) => ({
      ...base,
      ...(untied && { [HEAD_WEIGHT]: replaced[embedding] ?? base[embedding]! }),
      ...replaced,
      ...tensors,
    });
    return { config: { ...config, lora }, tensors, replaced, over };
  } finally {
    await source.close();
  }
}

function sameData(a: HostTensor, b: HostTensor): boolean {
  return sameSpec(a, b) && a.data.every((value, i) => Object.is(value, b.data[i]));
}

function faultsOf(model: RootModule, found: TensorSpecs, names: ReadonlyMap<string, string>): string[] {
  const parameters = new Map(model.parameters.map((parameter) => [parameter.name, parameter]));
  const embedding = `${embeddingOf(model)}.weight`;
  return [...names].flatMap(([own, peft]) => {
    const { shape } = (parameters.get(own) ?? parameters.get(embedding))!;
    const spec = { shape, dtype: 'f32' } as const;
    const stored = found[peft];
    if (!stored) return [`${peft} is missing`];
    return sameSpec(stored, spec) ? [] : [`${peft} is ${formatSpec(stored)} instead of ${formatSpec(spec)}`];
  });
}

/** The tensors of a file that are no adapter's: weights of the embedding and the head, and what has no place. */
function extraNames(model: RootModule, found: TensorSpecs, names: ReadonlyMap<string, string>) {
  const known = new Set(names.values());
  const embedding = embeddingOf(model);
  const heads = model.modules.has('lm_head') || isTied(model) ? [HEAD_WEIGHT] : [];
  const weights = [...(embedding === undefined ? [] : [`${embedding}.weight`]), ...heads];
  const extra = new Map<string, string>();
  const unexpected: string[] = [];
  for (const name of Object.keys(found)) {
    if (known.has(name)) continue;
    const own = weights.find((one) =>
      [one, one.replace(/weight$/, 'base_layer.weight')].includes(name.slice(PREFIX.length)),
    );
    if (own !== undefined && name.startsWith(PREFIX) && !names.has(own) && !extra.has(own))
      extra.set(own, name);
    else unexpected.push(name);
  }
  return { names: extra, unexpected };
}
