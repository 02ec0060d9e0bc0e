import { AttuneError } from '@attune/core';
import type { EncodedExamples } from './encoded-examples.js';
import type { Label, RowPlace } from '../rows/example.js';
import { rowError } from '../rows/row-error.js';
import { shown } from '../rows/text-field.js';

/** The targets of a head: one of some classes, or numbers. */
export type LabelSet =
  | {
      readonly kind: 'classes';
      /** Names, in the order of their ids. */
      readonly names: readonly string[];
    }
  | {
      readonly kind: 'regression';
      /** How many numbers. */
      readonly size: number;
    };

/**
 * Finds the set of labels of a data set. Texts are classes, in alphabetical order (by code unit). Whole numbers from
 * 0 are ids of classes, called after their number. Everything else is a regression, as whole numbers are where `kind`
 * asks for it.
 *
 * @throws AttuneError INVALID_EXAMPLE with file and line: no label, a label of another kind than those before it, or
 * another number of targets.
 */
export function labelSetOf(examples: EncodedExamples, kind?: LabelSet['kind']): LabelSet {
  const labels = labelsOf(examples);
  const [first] = labels;
  if (!first) throw new AttuneError('DATA_TOO_SHORT', `${examples.name} has no row to train on.`);
  if (typeof first.label === 'string') {
    for (const { label, place } of labels) {
      if (typeof label !== 'string') throw otherKind(place, 'text', label);
    }
    if (kind === 'regression') {
      throw rowError('INVALID_EXAMPLE', first.place, `a regression needs numbers, but the label is text.`);
    }
    return { kind: 'classes', names: [...new Set(labels.map(({ label }) => label as string))].sort() };
  }
  const numbers = labels.map(({ label, place }) => {
    if (typeof label === 'string') throw otherKind(place, 'numbers', label);
    return { values: typeof label === 'number' ? [label] : label, list: typeof label !== 'number', place };
  });
  const wholeNumbers = numbers.every(
    ({ values, list }) => !list && Number.isInteger(values[0]) && values[0]! >= 0,
  );
  if (kind !== 'regression' && wholeNumbers) {
    const classes = numbers.reduce((most, { values }) => Math.max(most, values[0]! + 1), 0);
    if (classes <= MAX_CLASSES)
      return { kind: 'classes', names: Array.from({ length: classes }, (_, i) => `${i}`) };
    throw new AttuneError(
      'INVALID_EXAMPLE',
      `${examples.name} has class ${classes - 1}: more than ${MAX_CLASSES}.`,
      {
        fix: 'Number classes from 0, or train a regression.',
      },
    );
  }
  if (kind === 'classes') {
    const wrong = numbers.find(({ values, list }) => list || !Number.isInteger(values[0]) || values[0]! < 0)!;
    throw rowError('INVALID_EXAMPLE', wrong.place, 'a class is text, or a whole number from 0.');
  }
  const size = numbers[0]!.values.length;
  for (const { values, place } of numbers) {
    if (values.length === size) continue;
    throw rowError(
      'INVALID_EXAMPLE',
      place,
      `the label has ${values.length} numbers, but those before it ${size}.`,
    );
  }
  return { kind: 'regression', size };
}

const MAX_CLASSES = 2 ** 16;

/**
 * The id of a class.
 *
 * @throws AttuneError INVALID_EXAMPLE with file and line if the set does not have it.
 */
export function classId(names: readonly string[], label: Label, place: RowPlace): number {
  const id = typeof label === 'object' ? -1 : names.indexOf(String(label));
  if (id >= 0) return id;
  const known = [...names.slice(0, 20).map(shown), ...(names.length > 20 ? ['…'] : [])].join(', ');
  throw rowError('INVALID_EXAMPLE', place, `there is no class ${shown(label)}.`, {
    fix: `The classes are ${known}.`,
    data: { label },
  });
}

/**
 * The targets of a regression.
 *
 * @throws AttuneError INVALID_EXAMPLE with file and line if there are more or fewer.
 */
export function regressionTargets(size: number, label: Label, place: RowPlace): readonly number[] {
  const values = typeof label === 'number' ? [label] : label;
  if (typeof values !== 'string' && values.length === size) return values;
  throw rowError('INVALID_EXAMPLE', place, `the label must be ${size} numbers, but is ${shown(label)}.`);
}

function labelsOf(examples: EncodedExamples): { readonly label: Label; readonly place: RowPlace }[] {
  return Array.from({ length: examples.count }, (_, i) => {
    const { label, file, line } = examples.facts(i);
    if (label === undefined) {
      throw rowError('INVALID_EXAMPLE', { file, line }, 'the row has no label.', {
        fix: 'A classification has rows with a text and a label.',
      });
    }
    return { label, place: { file, line } };
  });
}

function otherKind(place: RowPlace, expected: string, label: Label): AttuneError {
  return rowError(
    'INVALID_EXAMPLE',
    place,
    `the label is ${shown(label)}, but those before it are ${expected}.`,
    { fix: 'Write all labels alike.' },
  );
}
