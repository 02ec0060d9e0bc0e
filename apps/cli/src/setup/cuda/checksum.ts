import { AttuneError } from '@attune/core';

/** A SHA-256 as people and indexes write it: 64 hexadecimal digits. */
const SHA256 = /^[0-9a-f]{64}$/i;

/** Where Python's index keeps its files. */
const PYPI_FILES = 'files.pythonhosted.org';

/** The longest answer of the index: TensorFlow's list of files has some megabytes. */
const MAX_INDEX_BYTES = 2 ** 26;

/** An address, and the SHA-256 of what it has to be: `undefined` where Python's index is to be asked. */
export interface CheckedAddress {
  readonly url: string;
  readonly sha256: string | undefined;
}

/**
 * Reads an address and its checksum, which comes with it (`#sha256=…`, as Python's indexes write it) or beside it.
 *
 * @throws AttuneError INVALID_CONFIG for an address that is not https, for a checksum that is none, and for want of one.
 */
export function checkedAddress(given: string, beside?: string): CheckedAddress {
  const url = new URL(given);
  if (url.protocol !== 'https:') {
    throw new AttuneError(
      'INVALID_CONFIG',
      `${given} is not encrypted: the download could be changed on the way.`,
      {
        fix: 'Give its https address, or download it yourself, compare its SHA-256 with its publisher’s, and give the path.',
      },
    );
  }
  const within = new URLSearchParams(url.hash.slice(1)).get('sha256') ?? undefined;
  url.hash = '';
  const sha256 = beside ?? within;
  if (sha256 !== undefined && !SHA256.test(sha256)) {
    throw new AttuneError('INVALID_CONFIG', `"${sha256}" is no SHA-256: that has 64 hexadecimal digits.`);
  }
  if (sha256 === undefined && url.host !== PYPI_FILES) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `${given} comes without a checksum, and what is downloaded is executed: its SHA-256 must be known beforehand.`,
      { fix: 'Add --sha256 with what its publisher states, or download it yourself and give the path.' },
    );
  }
  return { url: url.href, sha256: sha256?.toLowerCase() };
}

interface IndexPage {
  readonly files?: readonly {
    readonly filename?: string;
    readonly url?: string;
    readonly hashes?: { readonly sha256?: string };
  }[];
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_INDEX_BYTES) throw new Error(`the response has more than ${MAX_INDEX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * The SHA-256 that Python's index publishes for a file of its own.
 *
 * @see https://packaging.python.org/en/latest/specifications/simple-repository-api/
 * @throws AttuneError SETUP_FAILED.
 */
export async function publishedChecksum(url: string, get: typeof fetch = fetch): Promise<string> {
  const name = decodeURIComponent(new URL(url).pathname.split('/').at(-1)!);
  const project = name
    .split('-')[0]!
    .toLowerCase()
    .replaceAll(/[-_.]+/g, '-');
  const index = `https://pypi.org/simple/${encodeURIComponent(project)}/`;
  try {
    const headers = { accept: 'application/vnd.pypi.simple.v1+json' };
    const response = await get(index, { headers, redirect: 'error' });
    if (!response.ok || !response.body) throw new Error(`the server answers ${response.status}`);
    const { files } = JSON.parse(await readBounded(response)) as IndexPage;
    const file = files?.find((one) => one.url === url && one.filename === name);
    const sha256 = file?.hashes?.sha256;
    if (!sha256 || !SHA256.test(sha256)) throw new Error(`it has no checksum of ${name}`);
    return sha256.toLowerCase();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AttuneError('SETUP_FAILED', `${index} gave no SHA-256 of ${name}: ${reason}.`, {
      cause,
      fix: 'Give it with --sha256, or download the file elsewhere (pip download checks it), and give its path instead.',
    });
  }
}
