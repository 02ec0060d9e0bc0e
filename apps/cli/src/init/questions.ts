import { AttuneError, knownBackends } from '@attune/core';
import {
  finetuneFields,
  presetNames,
  presets,
  trainingFields,
  type Field,
  type TrainingCommand,
} from '@attune/runs';

/** An answer to choose. */
export interface Choice {
  readonly value: string;
  readonly hint?: string;
}

/** A way to put questions to a person. Each rejects with INTERRUPTED when the person gives up. */
export interface Asker {
  choose(question: string, choices: readonly Choice[]): Promise<string>;
  /** @param fault says what is wrong with an answer; `undefined` for a good one. */
  text(question: string, initial: string, fault: (answer: string) => string | undefined): Promise<string>;
}

/** The answers that flags gave. */
export interface GivenAnswers {
  readonly command?: string | undefined;
  readonly preset?: string | undefined;
  readonly data?: string | undefined;
  readonly model?: string | undefined;
  readonly method?: string | undefined;
  readonly backend?: string | undefined;
  readonly out?: string | undefined;
}

/** All that is to be known. */
export interface Answers {
  readonly command: TrainingCommand;
  readonly preset?: string;
  readonly data?: string;
  readonly model?: string;
  readonly method?: string;
  readonly backend: string;
  /** The folder of the run. */
  readonly out: string;
}

const COMMANDS: readonly Choice[] = [
  { value: 'pretrain', hint: 'a model from scratch, on a text' },
  { value: 'finetune', hint: 'a pretrained model, on questions, conversations or labels' },
];

const METHODS: readonly Choice[] = [
  { value: 'lora', hint: 'small matrices beside the frozen weights' },
  { value: 'full', hint: 'all weights' },
  { value: 'freeze', hint: 'the last layers' },
];

const BACKENDS: readonly Choice[] = [
  { value: 'auto', hint: 'the fastest that runs' },
  ...knownBackends.filter((name) => name !== 'reference').map((value) => ({ value })),
];

/** The embedded corpus, of which a run makes its data itself. */
const STORIES = 'stories';

/** Says what is wrong with an answer, by its field. */
const faultOf = (field: Field) => (answer: string) =>
  field.schema.safeParse(answer).success ? undefined : `It must be ${field.expected}.`;

function refuse(flag: string, value: string, known: readonly string[]): AttuneError {
  return new AttuneError('INVALID_CONFIG', `${flag} must be ${known.join(', ')}, but is "${value}".`);
}

/** Puts the questions whose answers flags have not given. Without somebody to ask, defaults are taken. */
export async function askAll(given: GivenAnswers, asker: Asker | undefined): Promise<Answers> {
  const choose = async (
    flag: string,
    value: string | undefined,
    question: string,
    choices: readonly Choice[],
  ) => {
    const known = choices.map((choice) => choice.value);
    if (value === undefined) return asker ? asker.choose(question, choices) : known[0]!;
    if (known.includes(value)) return value;
    throw refuse(flag, value, known);
  };
  const text = async (
    flag: string,
    value: string | undefined,
    question: string,
    initial: string,
    field: Field,
  ) => {
    const fault = faultOf(field);
    const answer = value ?? (asker ? await asker.text(question, initial, fault) : initial);
    if (fault(answer) === undefined) return answer;
    throw new AttuneError('INVALID_CONFIG', `${flag} is missing, or empty: ${field.description}.`);
  };
  const command = (await choose(
    '--command',
    given.command,
    'What do you want to do?',
    COMMANDS,
  )) as TrainingCommand;
  const presetChoices = presetNames(command).map((value) => ({ value, hint: presets[value]!.description }));
  const preset = await choose('--preset', given.preset, 'Which settings to begin with?', [
    ...(command === 'finetune'
      ? [{ value: 'none', hint: 'the defaults' }, ...presetChoices]
      : [...presetChoices, { value: 'none', hint: 'the defaults' }]),
  ]);
  const isPretrain = command === 'pretrain';
  const fields = isPretrain ? trainingFields : finetuneFields;
  const ownData = isPretrain
    ? `a folder that attune prepare has written, or "${STORIES}" for the embedded stories`
    : 'a JSONL file, or a folder with one';
  const data = await text(
    '--data',
    given.data,
    `The data: ${ownData}`,
    isPretrain ? STORIES : '',
    fields.data,
  );
  const model = isPretrain
    ? undefined
    : await text(
        '--model',
        given.model,
        'The model: a run, a folder, or organisation/model',
        '',
        finetuneFields.model,
      );
  const method = isPretrain
    ? undefined
    : await choose('--method', given.method, 'How is it trained?', METHODS);
  const backend = await choose('--backend', given.backend, 'What computes?', BACKENDS);
  const out = await text('--out', given.out, 'The folder of the run', 'runs/my-run', fields.data);
  return {
    ...{ command, backend, out },
    ...(preset !== 'none' && { preset }),
    ...(!(isPretrain && data === STORIES) && { data }),
    ...(model !== undefined && { model }),
    ...(method !== undefined && { method }),
  };
}
