import { settingGroup, withDefaults } from './field.js';
import { recordedSettings } from './recorded.js';
import { changedSettings } from './resuming.js';

const group = settingGroup('Run');

/** The settings of a run that was begun long ago. */
const then = {
  model: group.requiredText('dir', { description: 'model', resume: 'fixed' }),
  width: group.integer({ description: 'width', default: 8, resume: 'fixed' }),
};

/** Those of today. */
const now = {
  ...then,
  // It changes nothing unless it is given.
  scale: group.number({ description: 'scale', default: 1, resume: 'fixed' }),
  // Drops by default, as runs of then did not.
  dropout: group.number({ description: 'dropout', default: 0.1, before: 0, resume: 'fixed' }),
  inner: group.derivedInteger({
    description: 'inner width',
    default: { text: 'twice --width', of: ({ width }) => 2 * (width as number) },
    resume: 'fixed',
  }),
  limit: group.optionalInteger({ description: 'limit', resume: 'fixed' }),
};

const begun = withDefaults(then, { model: 'a', width: 4 });
const resume = (given: object) => {
  const stored = recordedSettings(now, begun);
  return changedSettings(
    now,
    stored,
    withDefaults(now, { ...stored, ...given }),
    'runs/a',
    'finetune',
    given,
  );
};

test('a setting that is younger than a run has the value by which the run does what it did', () => {
  const values = { model: 'a', width: 4, scale: 1, dropout: 0, inner: 8 };
  expect(recordedSettings(now, begun)).toEqual(values);
  expect(resume({})).toEqual([]);
});

test('it is fixed all the same', () => {
  expect(() => resume({ dropout: 0.1 })).toThrow('--dropout is 0.1, but the run in runs/a has 0.');
  expect(() => resume({ scale: 2 })).toThrow('--scale is 2, but the run in runs/a has 1.');
  expect(() => resume({ limit: 3 })).toThrow('--limit is 3, but the run in runs/a has none.');
});

test('what was recorded stays, also where it is the default of today', () => {
  const stored = recordedSettings(now, { ...begun, dropout: 0.1, inner: 3 });
  expect(stored).toMatchObject({ dropout: 0.1, inner: 3 });
});

test('what a run cannot do without is not asked for here', () => {
  expect(recordedSettings(now, {})).not.toHaveProperty('model');
});
