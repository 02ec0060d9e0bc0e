import { AttuneError } from '@attune/core';
import {
  ADAPTER_CONFIG_JSON,
  encodeGguf,
  ggufAdapter,
  ggufModel,
  isClassifierConfig,
  ollamaModelfile,
  readAdapter,
  type GgufContents,
  type GgufTensorType,
  type GgufTokenizer,
  type JsonObject,
} from '@attune/formats';
import { readJsonObject, type FileContent, type Folder } from '@attune/files';
import {
  exportedTokenizer,
  findModel,
  isAdapter,
  locateModel,
  openModelReader,
  openTextOf,
  publicName,
  readBaseName,
  readSteadily,
  type ModelHost,
  type ModelReader,
} from '@attune/runs';
import type { Context } from '../../environment/context.js';
import { onOneLine } from '../../printing/printable.js';
import { runHost } from '../host/run-host.js';
import type { Target } from '../host/target.js';
import { checkGgufFolder, MODELFILE, writeGgufFolder } from './gguf-folder.js';
import { ollamaTemplate } from './ollama-template.js';

/** The request of `attune export --format gguf`. */
export interface GgufRequest {
  readonly model: string;
  /** An adapter to add to the model's weights, or the one to write. */
  readonly adapter?: string;
  readonly format: 'gguf';
  readonly out: string;
  readonly dtype: GgufTensorType;
  /** True to write the adapter, and not its model. */
  readonly adapterOnly: boolean;
  readonly overwrite: boolean;
}

/** The result of an export. */
export interface GgufReport {
  readonly model: string;
  readonly out: string;
  readonly format: 'gguf';
  readonly dtype: GgufTensorType;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** The kind of the tokenizer; `null` in an adapter, which has none. */
  readonly tokenizer: string | null;
  /** Things to know about the files, a sentence each. */
  readonly notes: readonly string[];
}

/** The texts around a model: its tokenizer in GGUF's words, and what a Modelfile says of it. */
interface ExportedText {
  readonly tokenizer: GgufTokenizer;
  readonly name: string | null;
  readonly template?: string | undefined;
  readonly generation?: JsonObject | undefined;
  readonly stops: readonly string[];
  readonly notes: readonly string[];
}

const OWN_TEMPLATE =
  "The chat template is in the GGUF. Ollama takes it if it knows it; otherwise add a TEMPLATE to the Modelfile, in Go's language.";

const MORE_ENDS =
  'More than two tokens end an answer: a GGUF names two, and the Modelfile has a "stop" for each of them.';

/** A name for people: the last part of a path, or of a name on the hub without its commit. */
function shortName(name: string): string {
  return onOneLine(publicName(name.replace(/@[\da-f]{40}$/, '')).slice('./'.length));
}

async function exportedText(model: ModelReader, host: ModelHost, context: Context): Promise<ExportedText> {
  const { tokenizer, textFolders, config } = model;
  if (!tokenizer) return { tokenizer: {}, name: null, stops: [], notes: [] };
  const text = await openTextOf(textFolders, host);
  try {
    const { specialTokens, generation, template } = text;
    const { blockSize } = isClassifierConfig(config) ? config.body : config;
    const files = await exportedTokenizer({}, tokenizer, blockSize);
    const ends = await text.endIds(context.stderr);
    const { bos, eos, pad, unk, addBos, texts } = specialTokens;
    const eosIds = [...new Set([...(eos === undefined ? [] : [eos]), ...ends])];
    const ownTemplate = ollamaTemplate(template?.source, specialTokens);
    return {
      tokenizer: {
        tokenizerJson: files['tokenizer.json'],
        ...{ bos, eosIds, pad, unk, addBos, chatTemplate: template?.source },
      },
      ...{ name: tokenizer.name, template: ownTemplate, generation },
      stops: [...texts].flatMap(([own, id]) => (eosIds.includes(id) ? [own] : [])),
      notes: [
        ...(ownTemplate === undefined ? [OWN_TEMPLATE] : []),
        ...(eosIds.length > 2 ? [MORE_ENDS] : []),
      ],
    };
  } finally {
    await text.close();
  }
}

/** The model of a request in the words of GGUF. Close it when it was written. */
async function openExport(request: GgufRequest, host: ModelHost, context: Context) {
  const opened = await openModelReader(request, host);
  try {
    return { opened, text: await exportedText(opened, host, context) };
  } catch (error) {
    await opened.reader.close();
    throw error;
  }
}

async function exportWhole(
  request: GgufRequest,
  host: ModelHost,
  target: Target,
  context: Context,
): Promise<GgufReport> {
  const { dtype, out } = request;
  const { opened, text } = await readSteadily(
    [request.model, request.adapter],
    host,
    () => openExport(request, host, context),
    ({ opened }) => opened.reader.close(),
  );
  try {
    const { config, reader } = opened;
    const contents = ggufModel(config, reader, {
      name: shortName(opened.name),
      dtype,
      tokenizer: text.tokenizer,
    });
    const file = `model-${dtype}.gguf`;
    const modelfile = ollamaModelfile({
      ...{ from: `./${file}`, template: text.template, generation: text.generation, stops: text.stops },
      contextLength: contextLengthOf(contents),
      comments: text.notes,
    });
    const files = await write(request, target, file, contents, modelfile);
    return { model: opened.name, out, format: 'gguf', dtype, files, tokenizer: text.name, notes: text.notes };
  } finally {
    await opened.reader.close();
  }
}

function contextLengthOf({ metadata }: GgufContents): number | undefined {
  const [, entry] = [...metadata].find(([key]) => key.endsWith('.context_length')) ?? [];
  return entry?.type === 'u32' ? entry.value : undefined;
}

function write(
  { out, overwrite }: GgufRequest,
  target: Target,
  file: string,
  contents: GgufContents,
  modelfile: string,
): Promise<{ name: string; bytes: number }[]> {
  const files = new Map<string, FileContent>([
    [file, encodeGguf(contents)],
    [MODELFILE, modelfile],
  ]);
  return writeGgufFolder(out, files, overwrite, target);
}

/** The adapter of a request, and the name of the model below it. */
async function findAdapter(
  request: GgufRequest,
  host: ModelHost,
): Promise<{ adapter: Folder; name: string; base: string }> {
  const { model, adapter } = request;
  if (adapter !== undefined)
    return { adapter: await findModel(host.folder(adapter)), name: adapter, base: model };
  const { folder, name } = await locateModel(model, host);
  if (await isAdapter(folder)) return { adapter: folder, name, base: await readBaseName(folder, host) };
  throw new AttuneError('INVALID_CONFIG', `${folder.name} is no adapter, and --adapter names none.`, {
    fix: 'Name the adapter with --adapter, or its run with --model.',
  });
}

async function openAdapter(request: GgufRequest, host: ModelHost) {
  const { adapter, name, base } = await findAdapter(request, host);
  const { reader, config, model } = await openModelReader({ model: base }, host);
  await reader.close();
  const { task_type: task } = await readJsonObject(adapter, ADAPTER_CONFIG_JSON);
  if (isClassifierConfig(config) || task === 'SEQ_CLS') {
    throw new AttuneError(
      'UNSUPPORTED_MODEL',
      `${adapter.name} cannot be written as GGUF: it is the adapter of a classifier, whose head llama.cpp does not have.`,
    );
  }
  return { config, name, base, read: await readAdapter(adapter, model) };
}

async function exportAdapter(request: GgufRequest, host: ModelHost, target: Target): Promise<GgufReport> {
  const { dtype, out, model, adapter } = request;
  const { config, name, base, read } = await readSteadily([model, adapter], host, () =>
    openAdapter(request, host),
  );
  const contents = ggufAdapter(config, read, { name: shortName(name), dtype });
  const file = `adapter-${dtype}.gguf`;
  // Not the name that the adapter gives: it may hold anything.
  const note = 'FROM names the GGUF of the model that the adapter was trained on: put its path there.';
  const modelfile = ollamaModelfile({ from: './model-f32.gguf', adapter: `./${file}`, comments: [note] });
  const files = await write(request, target, file, contents, modelfile);
  const notes = [
    `It goes with ${shortName(base)}: in the Modelfile, let FROM be the path of that model's GGUF.`,
  ];
  return { model: name, out, format: 'gguf', dtype, files, tokenizer: null, notes };
}

/**
 * Writes a model, or an adapter, as GGUF, with a Modelfile beside it. The folder is there whole or not at all.
 *
 * @throws AttuneError INVALID_CONFIG if the folder is taken; UNSUPPORTED_MODEL that lists all that llama.cpp has no words
 * for; what reading model and adapter throws.
 */
export async function exportGguf(
  request: GgufRequest,
  target: Target,
  context: Context,
): Promise<GgufReport> {
  await checkGgufFolder(request.out, request.overwrite);
  const host = runHost(context, target);
  return request.adapterOnly
    ? exportAdapter(request, host, target)
    : exportWhole(request, host, target, context);
}
