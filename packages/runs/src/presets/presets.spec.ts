import { AttuneError } from '@attune/core';
import { withDefaults } from '../settings/field.js';
import { validate } from '../settings/validate.js';
import { flagOf } from '../settings/spelling.js';
import { checkConfig } from '../tasks/pretrain/check-config.js';
import { trainingFields } from '../tasks/pretrain/fields.js';
import { finetuneConfig, finetuneFields, resolveLengths } from '../tasks/rows/finetune-fields.js';
import { checkRunConfig } from '../settings/checks.js';
import { presetCosts } from './preset-costs.js';
import { presetCommandLine, presetNamed, presetNames, presets, presetValues } from './presets.js';

const source = { name: 'a preset', spell: flagOf };

describe.each(presetNames('pretrain'))('%s, for pretraining,', (name) => {
  test('has settings that are valid, alone and together', () => {
    const values = presetValues('pretrain', name);
    expect(validate(trainingFields, { ...values }, source)).toEqual(values);
    const config = withDefaults(trainingFields, values);
    expect(() => checkConfig(config)).not.toThrow();
    expect(config.maxIters).toBe(presetNamed(name).steps);
  });
});

describe.each(presetNames('finetune'))('%s, for fine-tuning,', (name) => {
  test('has settings that are valid, alone and together', () => {
    const values = presetValues('finetune', name);
    expect(validate(finetuneFields, { ...values }, source)).toEqual(values);
    const config = resolveLengths(finetuneConfig({ ...values, data: 'rows.jsonl' }), 1000);
    expect(() => checkRunConfig(config)).not.toThrow();
    expect(config.maxIters).toBe(presetNamed(name).steps);
  });

  test('names a model of the hub', () => {
    expect(presetValues('finetune', name).model).toMatch(/^[\w-]+\/[\w.-]+$/);
  });
});

test('every preset has a cost, or says why not, and there are costs of nothing else', () => {
  expect(Object.keys(presetCosts).sort()).toEqual(presetNames().sort());
  for (const { cost } of Object.values(presets)) {
    if ('notMeasured' in cost) expect(cost.notMeasured).toMatch(/\w/);
    else {
      expect(cost.date).toMatch(/^\d{4}-\d\d-\d\d$/);
      for (const count of [cost.stepsTimed, cost.secondsPerStep, cost.secondsToFinish, cost.peakBytes]) {
        expect(count).toBeGreaterThan(0);
      }
      // A loss is of a run that came to its end.
      if (cost.estimated) expect(cost.validationLoss).toHaveProperty('notMeasured');
      else expect(cost.validationLoss).toBeGreaterThan(0);
    }
  }
});

test.each(presetNames())('the command of %s names it', (name) => {
  expect(presetCommandLine(name)).toMatch(new RegExp(`^attune (pretrain|finetune) --preset ${name} `));
});

test.each([
  ['a name with a slip', 'smolm-lora', /no preset "smolm-lora"\. Did you mean "smollm-lora"\?/],
  ['a preset of the other command', 'stories', /`attune pretrain`.*`attune finetune` has gpt2-finetune/],
  ['a name that objects have', 'constructor', /no preset "constructor"/],
])('%s is refused', (_, name, message) => {
  expect(() => presetValues('finetune', name)).toThrow(AttuneError);
  expect(() => presetValues('finetune', name)).toThrow(message);
});
