import { plural } from '@attune/core';
import { formatCount } from '../text/format.js';
import { codeBlock, codeText, yamlText } from './escape.js';
import type { RunFacts } from './run-facts.js';
import { usageSections, type ModelKind } from './usage.js';

/** An adapter, as its `adapter_config.json` says. */
export interface AdapterFacts {
  /** An id of the hub, or the name of a folder. */
  readonly base?: { readonly name: string; readonly isHub: boolean };
  readonly rank?: number;
  readonly alpha?: number;
}

/** The facts that a card is written from. */
export interface CardFacts {
  /** `owner/name`. */
  readonly name: string;
  /** The files that go up. */
  readonly files: readonly string[];
  readonly kinds: readonly ModelKind[];
  /** `model_type`. */
  readonly architecture?: string;
  readonly classifies: boolean;
  readonly adapter?: AdapterFacts;
  readonly run?: RunFacts;
  /** In the user's own words: an id of a licence, ids of data sets. */
  readonly license?: string;
  readonly datasets?: readonly string[];
  /** The version that writes the card. */
  readonly attune: string;
}

/** The model that was adapted. An adapter knows it by an id of the hub; by a path, the run says it better. */
const baseOf = ({ adapter, run }: CardFacts) =>
  adapter?.base?.isHub ? adapter.base : (run?.base ?? adapter?.base);

function frontMatter(facts: CardFacts): string {
  const { kinds, classifies, license, datasets = [], adapter, architecture } = facts;
  const base = baseOf(facts);
  const library = kinds.includes('adapter')
    ? 'peft'
    : kinds.includes('model')
      ? 'transformers'
      : kinds.includes('onnx')
        ? 'transformers.js'
        : undefined;
  const tags = [
    'attune',
    ...(kinds.includes('adapter') ? ['lora'] : []),
    ...kinds.filter((kind) => kind === 'gguf' || kind === 'onnx'),
    ...(architecture === undefined ? [] : [architecture]),
  ];
  const list = (key: string, values: readonly string[]) =>
    values.length === 0 ? [] : [`${key}:`, ...values.map((value) => `  - ${yamlText(value)}`)];
  return [
    '---',
    ...(license === undefined ? [] : [`license: ${yamlText(license)}`]),
    ...(library === undefined ? [] : [`library_name: ${library}`]),
    `pipeline_tag: ${classifies ? 'text-classification' : 'text-generation'}`,
    ...(base?.isHub
      ? [`base_model: ${yamlText(base.name)}`, `base_model_relation: ${adapter ? 'adapter' : 'finetune'}`]
      : []),
    ...list('datasets', datasets),
    ...list('tags', tags),
    '---',
  ].join('\n');
}

function summary(facts: CardFacts): string {
  const { adapter, run, architecture, classifies } = facts;
  const base = baseOf(facts);
  const kind = classifies ? 'classifier of texts' : 'language model';
  const of = base === undefined ? '' : ` of ${codeText(base.name)}`;
  const what = adapter
    ? `A LoRA adapter${of}${adapter.rank === undefined ? '' : `, rank ${adapter.rank}`}${adapter.alpha === undefined ? '' : `, alpha ${adapter.alpha}`}.`
    : run?.command === 'finetune'
      ? `A fine-tune${of}.`
      : `A ${kind}${architecture === undefined ? '' : ` of the family ${codeText(architecture)}`}${base === undefined ? '' : `, trained further from ${codeText(base.name)}`}.`;
  return `${what} Made with attune.`;
}

function dataSection({ run, datasets = [] }: CardFacts): string[] {
  if (!run) return [];
  const { data, record } = run;
  const name = data === undefined ? "attune's embedded stories" : codeText(data);
  const hashes = record && [
    `training data ${codeText(record.data.hashes.train)}`,
    ...(record.data.hashes.val === null ? [] : [`validation data ${codeText(record.data.hashes.val)}`]),
  ];
  return [
    '## Data',
    [
      `Trained on ${name}${record && record.data.trainTokens > 0 ? `, ${plural(record.data.trainTokens, 'token')}` : ''}.`,
      ...(datasets.length > 0 ? [`From ${datasets.map(codeText).join(', ')}.`] : []),
      ...(hashes ? [`Hashes: ${hashes.join(', ')}.`] : []),
    ].join(' '),
  ];
}

const fixed = (loss: number) => loss.toFixed(4);

function resultSection({ run, classifies }: CardFacts): string[] {
  const { last, evaluated, lowest } = run ?? {};
  if (!last) return [];
  const rows = [
    ['steps', formatCount(last.step)],
    ['epochs', last.epoch.toFixed(2)],
    ['targets seen', formatCount(last.tokens)],
    ['training loss, last step', fixed(last.loss)],
    ...(evaluated
      ? [[`validation loss, step ${formatCount(evaluated.step)}`, fixed(evaluated.valLoss)]]
      : []),
    ...(evaluated && !classifies ? [['perplexity', Math.exp(evaluated.valLoss).toFixed(2)]] : []),
    ...(lowest && lowest.step !== evaluated?.step
      ? [[`lowest validation loss, step ${formatCount(lowest.step)}`, fixed(lowest.valLoss)]]
      : []),
  ];
  const note = classifies ? 'Losses are in nats a row.' : 'Losses are in nats a token.';
  const table = ['|  |  |', '| --- | ---: |', ...rows.map(([label, value]) => `| ${label} | ${value} |`)];
  return ['## Losses', table.join('\n'), evaluated ? note : `${note} There was no validation data.`];
}

function trainingSection({ run }: CardFacts): string[] {
  if (!run) return [];
  const { settings, commandLine, record } = run;
  const table = [
    '| setting | value |',
    '| --- | --- |',
    ...settings.map(([flag, value]) => `| ${codeText(flag)} | ${codeText(value)} |`),
  ];
  const session = record?.sessions.at(-1);
  const made = session
    ? `Last on the backend ${codeText(session.backend.name)} (${codeText(session.backend.device)}), with attune ${codeText(session.versions.attune)} and Node ${codeText(session.versions.node)}, seed ${record!.seed}.`
    : undefined;
  return [
    '## Training',
    codeBlock(commandLine, 'sh'),
    'Files and folders are named without where they were. All other settings had the defaults of that version.',
    ...(settings.length > 0 ? [table.join('\n')] : []),
    ...(made === undefined ? [] : [made]),
  ];
}

/**
 * Writes a model card: metadata as the hub reads it, data, settings, losses and the command, and how the files are used.
 * Texts of the record and of configurations are quoted: they may be strangers'.
 */
export function modelCard(facts: CardFacts): string {
  const [, name = facts.name] = facts.name.split('/');
  const parts = [
    `# ${name}`,
    summary(facts),
    ...dataSection(facts),
    ...trainingSection(facts),
    ...resultSection(facts),
    '## Use',
    ...usageSections(facts, baseOf(facts)?.isHub ? baseOf(facts)!.name : undefined),
    `<!-- Written by attune ${facts.attune.replaceAll(/[^\w.+-]/g, '')}. Keep your own README.md beside the model, and it goes up in place of this. -->`,
  ];
  return `${frontMatter(facts)}\n\n${parts.join('\n\n')}\n`;
}
