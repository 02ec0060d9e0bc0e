import { AttuneError, isAttuneError, systemCode } from '@attune/core';
import { readJson, type Folder } from '@attune/files';
import { META_JSON, parseTokenMeta, type TokenMeta } from '../prepare/token-meta.js';
import { MAX_TOKENIZER_BYTES } from '../tokenizers/tokenizer-size.js';
import type { TokenHeader } from '../tokens/index.js';
import { openTokens } from './open-split.js';
import { splitFiles } from './split-files.js';

/** The contents of token files: how ids are stored, and how many there are. */
export type TokenContents = Pick<TokenMeta, 'dtype' | 'vocabSize'>;

export interface TokenFolderOptions {
  /**
   * The contents of the files where neither a `meta.json` nor a header says so, as beside nanoGPT's. Without it, such a folder
   * is refused.
   */
  readonly bare?: TokenContents;
}

/** The contents of a token folder, and who says so. */
export interface DescribedTokens {
  readonly meta: TokenMeta;
  /** True if the folder says itself what its files hold; if not, `meta` has what was given as `bare`. */
  readonly described: boolean;
}

/**
 * Reads and checks `meta.json`. Where there is none, the header of llm.c's files says as much: their tokenizer is GPT-2's,
 * or that of Llama 3, which does not come with attune. Files without either hold what `bare` says.
 */
export async function describeTokens(folder: Folder, { bare }: TokenFolderOptions): Promise<DescribedTokens> {
  const fix =
    'Make the folder with `attune prepare`; beside token files made elsewhere, put a meta.json such as ' +
    '{"dtype": "uint16", "vocabSize": 50257, "tokenizer": null}.';
  try {
    return {
      meta: parseTokenMeta(
        await readJson(folder, META_JSON, { maxBytes: MAX_TOKENIZER_BYTES, fix }),
        `${folder.name}/${META_JSON}`,
      ),
      described: true,
    };
  } catch (error) {
    if (!isAttuneError(error, 'FILE_NOT_FOUND')) throw error;
    if (systemCode(error.cause) === 'ENOTDIR') {
      throw new AttuneError('FILE_NOT_FOUND', `${folder.name} is a file, not a folder of token files.`, {
        fix: `Make one of it, if it is a text: attune prepare ${folder.name} --out DIR.`,
        cause: error.cause,
      });
    }
    const found = await describeFiles(folder, bare);
    if (found) return found;
    throw error;
  }
}

async function describeFiles(
  folder: Folder,
  bare: TokenContents | undefined,
): Promise<DescribedTokens | null> {
  const names = await folder.list().catch(() => undefined);
  if (!names || names.length === 0) return null;
  const [first] = await splitFiles(folder, 'train');
  if (first === undefined) return null;
  const header = await headerOf(folder, first);
  const contents = header ?? bare;
  if (!contents) return null;
  const { dtype, vocabSize } = contents;
  const meta: TokenMeta = {
    format: 1,
    tokenizer: header?.name === 'GPT-2' ? { kind: 'gpt2' } : null,
    dtype,
    vocabSize,
    ...((await splitFiles(folder, 'val')).length > 0 ? {} : { valTokens: 0 }),
  };
  return { meta, described: header !== null };
}

async function headerOf(folder: Folder, file: string): Promise<TokenHeader | null> {
  try {
    const tokens = await openTokens(folder, file);
    await tokens.close?.();
    return tokens.header;
  } catch (error) {
    // Neither header nor dtype.
    if (isAttuneError(error, 'INVALID_ARGUMENT')) return null;
    throw error;
  }
}
