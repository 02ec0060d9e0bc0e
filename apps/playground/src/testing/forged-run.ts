import { createHash } from 'node:crypto';
import { readZipArchive, zipArchive } from '@attune/files';

/** The files of an archive of a run, by path. */
export type RunFiles = ReadonlyMap<string, Uint8Array>;

const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex');
const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

export const readRun = (archive: Uint8Array): Promise<RunFiles> =>
  readZipArchive(new Blob([Uint8Array.from(archive)]));

export async function packRun(files: RunFiles): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of zipArchive(files)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Changes the one file of a run whose path ends so. */
function change(files: RunFiles, name: string, edit: (content: Uint8Array) => Uint8Array | string): RunFiles {
  const path = [...files.keys()].find((path) => path.endsWith(`/${name}`));
  if (path === undefined) throw new Error(`The run has no ${name}.`);
  const edited = edit(files.get(path)!);
  return new Map(files).set(path, typeof edited === 'string' ? encode(edited) : edited);
}

type Json = Record<string, unknown>;

const TRAINER_STATE = 'trainer_state.json';

/** Changes a file of a run, and its checksums with it, as somebody would who wants it to be believed. */
export function forge(
  files: RunFiles,
  name: string,
  edit: (content: Uint8Array) => Uint8Array | string,
): RunFiles {
  const forged = change(files, name, edit);
  const path = [...files.keys()].find((path) => path.endsWith(`/${name}`))!;
  return change(forged, TRAINER_STATE, (content) => {
    const state = JSON.parse(decode(content)) as Json & { sha256: Json };
    const { [TRAINER_STATE]: _, ...others } = state.sha256;
    if (name in others && path.includes('/checkpoints/')) others[name] = sha256(forged.get(path)!);
    const own = sha256(formatJson({ ...state, sha256: others }));
    return formatJson({ ...state, sha256: { ...others, [TRAINER_STATE]: own } });
  });
}

const formatJson = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** As {@link forge}, of a JSON document. */
export const forgeJson = (files: RunFiles, name: string, edit: (document: Json) => unknown): RunFiles =>
  forge(files, name, (content) => formatJson(edit(JSON.parse(decode(content)) as Json)));

/** As {@link forgeJson}, of the settings of the run. */
export const forgeSettings = (files: RunFiles, settings: unknown): RunFiles =>
  forgeJson(files, TRAINER_STATE, (state) => {
    const run = state['run'] as { config: Json };
    const config =
      typeof settings === 'object' && settings !== null ? { ...run.config, ...settings } : settings;
    return { ...state, run: { ...run, config } };
  });

/** A safetensors file: its header, and where its tensors begin. */
function parse(content: Uint8Array): { readonly header: Json; readonly begin: number } {
  const begin = 8 + Number(new DataView(content.buffer, content.byteOffset).getBigUint64(0, true));
  return { header: JSON.parse(decode(content.subarray(8, begin))) as Json, begin };
}

/** A safetensors file whose header is another. */
export function withHeader(content: Uint8Array, edit: (header: Json) => unknown): Uint8Array {
  const { header, begin } = parse(content);
  const text = encode(JSON.stringify(edit(header)));
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(text.byteLength), true);
  return Buffer.concat([prefix, text, content.subarray(begin)]);
}

/** A safetensors file in which the elements of a tensor, which are float32, are all one value. */
export function filledWith(content: Uint8Array, tensor: string, value: number): Uint8Array {
  const { header, begin } = parse(content);
  const { data_offsets: offsets } = header[tensor] as { readonly data_offsets: readonly [number, number] };
  const filled = Uint8Array.from(content);
  const view = new DataView(filled.buffer);
  for (let at = begin + offsets[0]; at < begin + offsets[1]; at += 4) view.setFloat32(at, value, true);
  return filled;
}
