import { AttuneError } from '@attune/core';
import { isJsonObject, readJsonObject, staysInside, type Folder } from '@attune/files';
import { unknownTensor, type TensorReader } from '../safetensors/tensor-reader.js';
import { openSafetensorsFile, type OpenSafetensorsFile } from '../safetensors/open-file.js';

/** Tensors of a folder. Close it when everything needed was read. */
export interface OpenTensors extends TensorReader {
  close(): Promise<void>;
}

/** The file of each tensor, by the tensor's name. */
async function readWeightMap(folder: Folder, index: string): Promise<ReadonlyMap<string, string>> {
  const indexPath = `${folder.name}/${index}`;
  const { weight_map: map } = await readJsonObject(folder, index);
  const fail = (reason: string) =>
    new AttuneError('FILE_CORRUPT', `${indexPath}: ${reason}.`, { fix: 'Fetch the folder again.' });
  if (!isJsonObject(map)) throw fail('weight_map must map the names of tensors to files');
  return new Map(
    Object.entries(map).map(([tensor, file]) => {
      if (typeof file !== 'string') throw fail(`the file of "${tensor}" must be a string`);
      if (!staysInside(file)) {
        throw fail(`the file of "${tensor}" must lie in the folder, but is ${JSON.stringify(file)}`);
      }
      return [tensor, file];
    }),
  );
}

function checkIndex(
  indexPath: string,
  map: ReadonlyMap<string, string>,
  shards: ReadonlyMap<string, OpenSafetensorsFile>,
): void {
  const faults: string[] = [];
  for (const [tensor, file] of map) {
    if (!shards.get(file)!.entries.has(tensor)) faults.push(`"${tensor}" is not in ${file}`);
  }
  for (const [file, shard] of shards) {
    for (const tensor of shard.entries.keys()) {
      if (map.get(tensor) !== file)
        faults.push(`${file} has "${tensor}", which the index does not find there`);
    }
  }
  if (faults.length > 0) {
    throw new AttuneError('FILE_CORRUPT', `${indexPath} does not describe its files: ${faults.join('; ')}.`, {
      fix: 'Fetch the folder again.',
      data: { faults },
    });
  }
}

/**
 * Opens the shards that an index names, as one.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT, also where the index names a file outside of its folder
 * or disagrees with what the files hold.
 */
export async function openShards(folder: Folder, indexName: string): Promise<OpenTensors> {
  const indexPath = `${folder.name}/${indexName}`;
  const map = await readWeightMap(folder, indexName);
  const shards = new Map<string, OpenSafetensorsFile>();
  const close = async () => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    for (const file of new Set(map.values()))
      shards.set(file, await openSafetensorsFile(await folder.open(file)));
    checkIndex(indexPath, map, shards);
  } catch (error) {
    await close();
    throw error;
  }
  const shardOf = (name: string) => {
    const file = map.get(name);
    if (file === undefined) throw unknownTensor(folder.name, name, map.keys());
    return shards.get(file)!;
  };
  return {
    name: folder.name,
    specs: Object.fromEntries([...shards.values()].flatMap(({ specs }) => Object.entries(specs))),
    unreadable: Object.fromEntries(
      [...shards.values()].flatMap(({ unreadable = {} }) => Object.entries(unreadable)),
    ),
    read: async (name) => shardOf(name).read(name),
    readStored: async (name) => shardOf(name).readStored(name),
    close,
  };
}
