import { AttuneError } from '@attune/core';
import { isJsonObject, listOf, objectOf, type JsonObject } from '@attune/files';
import type { SpecialTokens } from './special-tokens.js';
import { tokensAround } from './tokens-around.js';
import { tokenIdsOf } from './tokenizer-json.js';

/** The files of a model folder that name special tokens, parsed. Any may be missing. */
export interface SpecialTokenFiles {
  readonly tokenizerJson?: unknown;
  readonly tokenizerConfig?: unknown;
  readonly specialTokensMap?: unknown;
  readonly generationConfig?: unknown;
  readonly config?: unknown;
}

type TokenIds = (text: string) => number | undefined;

const NAMES = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
] as const;

/**
 * Tokens that transformers' tokenizer classes have unless the files say otherwise, by the name of the class, or of the
 * model where no class is named: the files of the first models name none.
 */
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  GPT2Tokenizer: { bos_token: '<|endoftext|>', eos_token: '<|endoftext|>' },
  gpt2: { bos_token: '<|endoftext|>', eos_token: '<|endoftext|>' },
  LlamaTokenizer: { bos_token: '<s>', eos_token: '</s>' },
  Qwen2Tokenizer: { eos_token: '<|endoftext|>' },
};

/**
 * The special tokens of a model, as transformers finds them: by text in `tokenizer_config.json` and
 * `special_tokens_map.json`. What these do not name is taken from `generation_config.json` and `config.json`, which give
 * ids, as long as the id is that of a special token: some folders have ids there that mean nothing in their vocabulary.
 *
 * @throws AttuneError FILE_CORRUPT if a special token is not in the vocabulary, if one has more than 1024 characters, or if
 * there are more than 1024 extra ones.
 */
export function readSpecialTokens(files: SpecialTokenFiles): SpecialTokens {
  const { tokenizerJson } = files;
  const config = objectOf(files.tokenizerConfig);
  const idOfText = tokenIdsOf(tokenizerJson, config);
  const names = {
    ...defaultsOf(config, files, idOfText),
    ...namesOf(config, objectOf(files.specialTokensMap)),
  };
  const idOf = (name: string): number | undefined => {
    const text = names[name];
    if (text === undefined) return undefined;
    const id = idOfText(text);
    if (id !== undefined) return id;
    throw new AttuneError(
      'FILE_CORRUPT',
      `The ${name} is ${JSON.stringify(text)}, which is no token of tokenizer.json.`,
      {
        fix: 'Correct tokenizer_config.json: a text that is no single token cannot begin, end or fill a row.',
        data: { token: text },
      },
    );
  };

  const texts = specialTexts(tokenizerJson, Object.values(names), idOfText);
  const special = new Set(texts.values());
  const configured = (key: string): number[] =>
    [files.generationConfig, files.config]
      .flatMap((file) => objectOf(file)[key])
      .filter((id): id is number => typeof id === 'number' && special.has(id));

  const around = tokensAround(tokenizerJson);
  const bos = idOf('bos_token') ?? around.first ?? configured('bos_token_id')[0];
  const eosIds = [...new Set([idOf('eos_token') ?? [], configured('eos_token_id')].flat())];
  const [eos] = eosIds;
  const unk = idOf('unk_token');
  const named = idOf('pad_token') ?? configured('pad_token_id')[0];
  const means = {
    'begins rows': bos === named,
    'ends answers': eosIds.includes(named!),
    'stands for unknown text': unk === named,
  };
  const other = named === undefined ? undefined : Object.entries(means).find(([, is]) => is)?.[0];
  const explicit = config['add_bos_token'] !== undefined || config['add_eos_token'] !== undefined;
  return {
    ...(bos !== undefined && { bos }),
    ...(eos !== undefined && { eos }),
    ...(unk !== undefined && { unk }),
    ...(named !== undefined && !other && { pad: named }),
    ...(other && { padShared: other }),
    eosIds,
    padId: named ?? eos ?? 0,
    addBos:
      bos !== undefined &&
      (explicit
        ? config['add_bos_token'] === true && names['bos_token'] !== undefined
        : around.first === bos),
    texts,
    names,
  };
}

function defaultsOf(
  config: JsonObject,
  { config: model }: SpecialTokenFiles,
  idOfText: TokenIds,
): Record<string, string> {
  const name = config['tokenizer_class'] ?? objectOf(model)['model_type'];
  const key = typeof name === 'string' ? name.replace(/Fast$/, '') : '';
  const defaults = Object.hasOwn(DEFAULTS, key) ? Object.entries(DEFAULTS[key]!) : [];
  // Null is a word too: it says that there is no such token.
  return Object.fromEntries(
    defaults.filter(([token, text]) => !Object.hasOwn(config, token) && idOfText(text) !== undefined),
  );
}

/** Every rendering of a template is given the names and the texts of these tokens. */
const [MAX_EXTRA, MAX_TOKEN_LENGTH] = [1024, 1024];

function corrupt(what: string): AttuneError {
  return new AttuneError('FILE_CORRUPT', `The special tokens of the model cannot be used: ${what}.`, {
    fix: 'Correct tokenizer_config.json.',
  });
}

/** Texts of special tokens by name. */
function namesOf(config: JsonObject, map: JsonObject): Record<string, string> {
  const extra = isJsonObject(config['extra_special_tokens'])
    ? Object.keys(config['extra_special_tokens'])
    : [];
  if (extra.length > MAX_EXTRA) {
    throw corrupt(`extra_special_tokens names ${extra.length} tokens, but at most ${MAX_EXTRA} are read`);
  }
  const found: [string, string][] = [];
  for (const name of [...NAMES, ...extra]) {
    const text =
      textOf(config[name]) ?? textOf(map[name]) ?? textOf(objectOf(config['extra_special_tokens'])[name]);
    if (text === undefined) continue;
    if (text.length > MAX_TOKEN_LENGTH) {
      throw corrupt(
        `a special token has ${text.length} characters, but at most ${MAX_TOKEN_LENGTH} are read`,
      );
    }
    found.push([name, text]);
  }
  return Object.fromEntries(found);
}

/** A token is written as its text, or as an object with its text and how it is found. */
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value : objectOf(value)['content'];
  return typeof text === 'string' && text !== '' ? text : undefined;
}

/** All that is marked special, and all that has a name. */
function specialTexts(
  tokenizerJson: unknown,
  named: readonly string[],
  idOfText: TokenIds,
): ReadonlyMap<string, number> {
  const texts = new Map<string, number>();
  for (const token of listOf(objectOf(tokenizerJson)['added_tokens']).map(objectOf)) {
    const { id, content, special } = token;
    if (typeof content === 'string' && typeof id === 'number' && special === true) texts.set(content, id);
  }
  for (const text of named) {
    const id = idOfText(text);
    if (id !== undefined) texts.set(text, id);
  }
  return texts;
}
