import type { JsonObject } from '@attune/files';

/** The contents of a Modelfile. */
export interface ModelfileContents {
  /** The file of the model, beside it. */
  readonly from: string;
  /** The file of an adapter, beside it. */
  readonly adapter?: string;
  /** A template in Go's language. */
  readonly template?: string;
  /** Lines for people. */
  readonly comments?: readonly string[];
  /** The model's `generation_config.json`. */
  readonly generation?: JsonObject | undefined;
  /** Texts of the tokens that end an answer. */
  readonly stops?: readonly string[];
  /** Tokens that the model takes at once. */
  readonly contextLength?: number;
}

/** Keys of a generation configuration, Ollama's names for them, and the numbers that make sense. */
const PARAMETERS = [
  ['temperature', 'temperature', 0, 100],
  ['top_k', 'top_k', 0, 1e6],
  ['top_p', 'top_p', 0, 1],
  ['min_p', 'min_p', 0, 1],
  ['repetition_penalty', 'repeat_penalty', 0, 100],
] as const;

/** Ollama's own, which is used where none is given. */
const OLLAMA_CONTEXT = 4096;

/** Texts that a quoted value can hold, on one line. */
const QUOTABLE = /^[^"\p{Cc}\p{Surrogate}\u2028\u2029]+$/u;

const MAX_STOPS = 16;
const MAX_STOP_LENGTH = 200;

function parameterLines({ generation = {}, contextLength, stops = [] }: ModelfileContents): string[] {
  const lines: string[] = [];
  const add = (name: string, value: number | string) => lines.push(`PARAMETER ${name} ${value}`);
  if (contextLength !== undefined && contextLength < OLLAMA_CONTEXT) add('num_ctx', contextLength);
  const greedy = generation['do_sample'] === false;
  if (greedy) add('temperature', 0);
  for (const [key, name, min, max] of greedy ? [] : PARAMETERS) {
    const value = generation[key];
    if (typeof value === 'number' && value >= min && value <= max) add(name, value);
  }
  const quotable = stops.filter((text) => text.length <= MAX_STOP_LENGTH && QUOTABLE.test(text));
  for (const text of quotable.slice(0, MAX_STOPS)) add('stop', `"${text}"`);
  return lines;
}

/**
 * A Modelfile, from which `ollama create` makes a model. Values that Ollama would not read as they are meant are left out.
 *
 * Source: ollama/ollama, `docs/modelfile.md`.
 */
export function ollamaModelfile(contents: ModelfileContents): string {
  const { from, adapter, template, comments = [] } = contents;
  return [
    ...comments.map((line) => `# ${line}`),
    `FROM ${from}`,
    ...(adapter === undefined ? [] : [`ADAPTER ${adapter}`]),
    ...(template === undefined ? [] : [`TEMPLATE """${template}"""`]),
    ...parameterLines(contents),
    '',
  ].join('\n');
}
