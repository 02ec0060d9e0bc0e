import { AttuneError, messageOf } from '@attune/core';
import { hashing, isJsonObject, parseJsonObject, type BlobLike } from '@attune/files';
import { CONFIG_JSON } from '@attune/formats';
import { formatBytes } from '@attune/runs';
import { isModelFile, plainName, type ModelFiles } from './model-files.js';

/** The one origin beside the page's own that the page may ask, and the stores of files that it leads to. */
const HUB = 'https://huggingface.co';

const NAME = /^[\w](?:[\w.-]{0,94}[\w])?\/[\w](?:[\w.-]{0,94}[\w])?$/;
const REVISION = /^[\w.][\w.-]{0,99}$/;
const COMMIT = /^[\da-f]{40}$/;
const SHA256 = /^[\da-f]{64}$/;

/** The list of a model's files, with its thousands of entries at most. */
const MAX_LIST_BYTES = 8 * 2 ** 20;
/** More than a tab can hold: see the limit of its parameters. */
const MAX_MODEL_BYTES = 2 ** 32;

/** A file of the hub, as the hub lists it. */
interface HubFile {
  readonly name: string;
  readonly size: number;
  /** SHA-256 of those in large file storage, which weights are. */
  readonly sha256: string | undefined;
}

/** A model of the hub that was fetched. */
export interface FetchedModel extends ModelFiles {
  /** `organisation/model@commit`, by which it is found again. */
  readonly called: string;
}

/** `organisation/model`, with `@revision` behind it. @throws AttuneError INVALID_ARGUMENT. */
function parseId(id: string): { readonly name: string; readonly revision: string } {
  const [name = '', revision = 'main', ...rest] = id
    .trim()
    .replace(/^hf:\/\//, '')
    .split('@');
  const isName = NAME.test(name) && !/--|\.\./.test(name);
  if (isName && REVISION.test(revision) && !revision.includes('..') && rest.length === 0)
    return { name, revision };
  throw new AttuneError('INVALID_ARGUMENT', `${JSON.stringify(id.slice(0, 200))} is no model of the hub.`, {
    fix: 'Write it as organisation/model, with @revision behind it if need be.',
  });
}

function fault(
  code: 'HUB_UNREACHABLE' | 'HUB_BAD_RESPONSE',
  name: string,
  reason: string,
  cause?: unknown,
): AttuneError {
  return new AttuneError(code, `${name} cannot be fetched: ${reason}.`, {
    fix: 'Try again later, or download the folder and open it here.',
    cause,
  });
}

async function ask(url: string, name: string, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { signal, credentials: 'omit', referrerPolicy: 'no-referrer' });
  } catch (cause) {
    if (signal.aborted) throw interrupted(name);
    throw fault('HUB_UNREACHABLE', name, messageOf(cause), cause);
  }
  if (response.ok) return response;
  if ([401, 403, 404].includes(response.status)) {
    throw new AttuneError(
      'HUB_NOT_FOUND',
      `The hub has no public model ${name}, or not this revision of it.`,
      {
        fix: 'Check its name. One that asks for an account is fetched on the command line: attune download.',
      },
    );
  }
  throw fault('HUB_UNREACHABLE', name, `the hub answers ${response.status}`);
}

const interrupted = (name: string) => new AttuneError('INTERRUPTED', `Fetching ${name} was stopped.`);

/** The bytes of a response, and no more than were promised. */
async function* bodyOf(
  response: Response,
  maxBytes: number,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = response.body!.getReader();
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.byteLength;
      if (bytes > maxBytes)
        throw fault('HUB_BAD_RESPONSE', name, `the hub sends more than ${maxBytes} bytes`);
      yield value;
    }
  } catch (cause) {
    if (cause instanceof AttuneError) throw cause;
    throw signal.aborted ? interrupted(name) : fault('HUB_UNREACHABLE', name, messageOf(cause), cause);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The commit of a revision, and its files. @throws AttuneError HUB_NOT_FOUND, HUB_UNREACHABLE, HUB_BAD_RESPONSE. */
async function readList(name: string, revision: string, signal: AbortSignal) {
  const response = await ask(`${HUB}/api/models/${name}/revision/${revision}?blobs=true`, name, signal);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of bodyOf(response, MAX_LIST_BYTES, name, signal)) chunks.push(chunk);
  const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
  const { sha: commit, siblings } = parseJsonObject(bytes, `The list of ${name}`);
  if (typeof commit !== 'string' || !COMMIT.test(commit) || !Array.isArray(siblings)) {
    throw fault('HUB_BAD_RESPONSE', name, 'the response is not what the API of a hub returns');
  }
  const files = siblings.flatMap((entry: unknown): HubFile[] => {
    const { rfilename, size, lfs } = isJsonObject(entry) ? entry : {};
    if (typeof rfilename !== 'string' || !isModelFile(rfilename)) return [];
    const { sha256 } = isJsonObject(lfs) ? lfs : {};
    if (!Number.isSafeInteger(size) || (size as number) < 0) {
      throw fault('HUB_BAD_RESPONSE', name, `its list has no size for ${JSON.stringify(rfilename)}`);
    }
    const checksum = typeof sha256 === 'string' && SHA256.test(sha256) ? sha256 : undefined;
    return [{ name: rfilename, size: size as number, sha256: checksum }];
  });
  return { commit, files };
}

/** Those of the files that a model is read from. @throws AttuneError UNSUPPORTED_MODEL, OUT_OF_MEMORY. */
function selected(name: string, files: readonly HubFile[]): readonly HubFile[] {
  const has = (file: string) => files.some((each) => each.name === file);
  if (!has(CONFIG_JSON) || !files.some((file) => file.name.endsWith('.safetensors'))) {
    throw new AttuneError('UNSUPPORTED_MODEL', `${name} has no config.json with safetensors beside it.`, {
      fix: 'Choose a model that transformers can load, with safetensors.',
    });
  }
  const isOne = has('model.safetensors');
  const chosen = files.filter(({ name: file }) =>
    file.endsWith('.safetensors')
      ? isOne
        ? file === 'model.safetensors'
        : /^model-\d+-of-\d+\.safetensors$/.test(file)
      : !isOne || !file.endsWith('.index.json'),
  );
  const bytes = chosen.reduce((sum, { size }) => sum + size, 0);
  if (bytes <= MAX_MODEL_BYTES) return chosen;
  throw new AttuneError('OUT_OF_MEMORY', `${name} has ${formatBytes(bytes)}, more than a tab can hold.`, {
    fix: 'Choose a smaller one, or fine-tune this one on the command line.',
  });
}

/**
 * Fetches a public model of the hub. Nothing is sent but its name; every file is compared with the size, and weights with
 * the checksum, that the hub states.
 *
 * @param id `organisation/model`, with `@revision` behind it if need be.
 * @param onProgress is told of the bytes that have arrived, and of all.
 * @throws AttuneError INVALID_ARGUMENT, HUB_NOT_FOUND, HUB_UNREACHABLE, HUB_BAD_RESPONSE, CHECKSUM_MISMATCH,
 * UNSUPPORTED_MODEL, OUT_OF_MEMORY; INTERRUPTED if it was stopped.
 */
export async function fetchHubModel(
  id: string,
  onProgress: (loaded: number, total: number) => void,
  signal: AbortSignal,
): Promise<FetchedModel> {
  const { name, revision } = parseId(id);
  const { commit, files } = await readList(name, revision, signal);
  const chosen = selected(name, files);
  const total = chosen.reduce((sum, { size }) => sum + size, 0);
  let loaded = 0;
  const blobs = new Map<string, BlobLike>();
  for (const file of chosen) {
    const url = `${HUB}/${name}/resolve/${commit}/${encodeURIComponent(file.name)}`;
    const response = await ask(url, name, signal);
    let hash = '';
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    const body = hashing(bodyOf(response, file.size, name, signal), (found) => (hash = found));
    for await (const chunk of body) {
      chunks.push(chunk as Uint8Array<ArrayBuffer>);
      loaded += chunk.byteLength;
      onProgress(loaded, total);
    }
    const blob = new Blob(chunks);
    if (blob.size !== file.size || (file.sha256 !== undefined && file.sha256 !== hash)) {
      throw new AttuneError('CHECKSUM_MISMATCH', `${file.name} of ${name} is not what the hub says it is.`, {
        fix: 'Fetch it again.',
      });
    }
    blobs.set(file.name, blob);
  }
  return { name: plainName(name.split('/')[1]!), files: blobs, called: `${name}@${commit}` };
}
