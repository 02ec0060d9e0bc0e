import { AttuneError } from '@attune/core';
import type { SequenceClassifierConfig } from '@attune/nn';
import { isJsonObject, type JsonObject } from '@attune/files';

/** The end of the name of transformers' classes for classifiers of texts. */
export const CLASSIFIER = 'ForSequenceClassification';

/** True if a `config.json` is that of a classifier. */
export function isClassifierJson(json: JsonObject): boolean {
  const { architectures } = json;
  return Array.isArray(architectures) && String(architectures[0]).endsWith(CLASSIFIER);
}

/** The tasks of transformers' other classes with the same body, by the end of their names. */
const otherTasks: Readonly<Record<string, string>> = {
  ForTokenClassification: 'labels every token',
  ForQuestionAnswering: 'marks an answer in a text',
  DoubleHeadsModel: 'chooses among answers beside predicting tokens',
};

/**
 * Checks that a model does what is supported here: without this, its head would be told as a tensor too many.
 *
 * @throws AttuneError UNSUPPORTED_MODEL that names the class and what it is for.
 */
export function refuseOtherTasks({ architectures }: JsonObject, name: string): void {
  const architecture: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  if (typeof architecture !== 'string') return;
  const task = Object.entries(otherTasks).find(([end]) => architecture.endsWith(end))?.[1];
  if (task === undefined) return;
  throw new AttuneError(
    'UNSUPPORTED_MODEL',
    `${name}: the model is a ${architecture}, which ${task}. Only models that predict the next token ` +
      `(…ForCausalLM) and classifiers of whole texts (…${CLASSIFIER}) are supported.`,
    { fix: 'Choose a model of these, or the language model that this one was made from.' },
  );
}

type Labels = Pick<SequenceClassifierConfig, 'numLabels' | 'labels' | 'problemType'>;

const problemTypes = ['single_label_classification', 'multi_label_classification', 'regression'] as const;

/** transformers' name of a label that has none. */
const unnamed = (label: number) => `LABEL_${label}`;

/** More than any classifier has: a file can ask for no more objects than this. */
const MAX_LABELS = 100_000;

/** How many labels a classifier has, and what they are called. @throws AttuneError INVALID_CONFIG. */
export function readLabels(json: JsonObject, name: string): Labels {
  const fail = (key: string, expected: string) =>
    new AttuneError(
      'INVALID_CONFIG',
      `${name}: ${key} must be ${expected}, but is ${JSON.stringify(json[key])}.`,
    );
  const { id2label = null, num_labels: given, problem_type: problem = null } = json;
  if (id2label !== null && !isJsonObject(id2label)) throw fail('id2label', 'an object');
  const entries = Object.entries(id2label ?? {});
  const numLabels = given ?? (id2label ? entries.length : 2);
  if (!Number.isSafeInteger(numLabels) || (numLabels as number) < 1 || (numLabels as number) > MAX_LABELS) {
    throw fail('num_labels', `a positive integer of at most ${MAX_LABELS}`);
  }
  const labels = Array.from(
    { length: numLabels as number },
    (_, label) => id2label?.[label] ?? unnamed(label),
  );
  if (entries.length > labels.length || !labels.every((label) => typeof label === 'string')) {
    throw fail('id2label', `the names of ${labels.length} labels`);
  }
  if (problem !== null && !problemTypes.includes(problem as never)) {
    throw fail('problem_type', `null or one of ${problemTypes.join(', ')}`);
  }
  const assumed = labels.length === 1 ? 'regression' : 'single_label_classification';
  return {
    numLabels: labels.length,
    ...(labels.some((label, i) => label !== unnamed(i)) && { labels: labels as string[] }),
    problemType: (problem as Labels['problemType'] | null) ?? assumed,
  };
}

/** The keys of `config.json` that say it. */
export function labelKeys({ numLabels, labels, problemType }: Labels): JsonObject {
  const names = labels ?? Array.from({ length: numLabels }, (_, label) => unnamed(label));
  return {
    id2label: Object.fromEntries(names.map((label, i) => [String(i), label])),
    label2id: Object.fromEntries(names.map((label, i) => [label, i])),
    num_labels: numLabels,
    problem_type: problemType,
  };
}
