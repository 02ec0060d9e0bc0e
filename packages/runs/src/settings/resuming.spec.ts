import { changedSettings, describeChange, makesAnotherRun } from './resuming.js';
import { settingGroup, withDefaults } from './field.js';

const group = settingGroup('Run');
const settings = {
  maxIters: group.integer({ description: 'steps', default: 10, resume: 'free' }),
  seed: group.integer({ description: 'random seed', default: 1, resume: 'fixed' }),
  layers: group.texts('name', { description: 'layers', default: ['a', 'b'], resume: 'fixed' }),
  batchSize: group.integer({
    description: 'rows, which may only grow',
    default: 2,
    resume: (begun, now) => (now as number) >= (begun as number),
  }),
};
const begun = withDefaults(settings, {});
const resume = (given: object) =>
  changedSettings(settings, begun, { ...begun, ...given }, 'runs/a', 'finetune', given);

test('what is free may change, and is reported', () => {
  expect(resume({ maxIters: 20 }).map(describeChange)).toEqual(['--max-iters from 10 to 20']);
});

test('what is fixed may not, and every such setting is named', () => {
  expect(() => resume({ seed: 2, layers: ['a'], maxIters: 20 })).toThrow(
    '--seed is 2, but the run in runs/a has 1. --layers is a, but the run in runs/a has a,b.',
  );
});

test('settings that nobody asked for were changed in config.yaml, and the way out says so', () => {
  const edited = () => changedSettings(settings, begun, { ...begun, seed: 2 }, 'runs/a', 'finetune', {});
  expect(edited).toThrow('but the run in runs/a has 1. runs/a/config.yaml is not as the run wrote it.');
});

test('lists with the same entries are the same', () => {
  expect(resume({ layers: ['a', 'b'] })).toEqual([]);
});

test('a rule decides by the values', () => {
  expect(resume({ batchSize: 4 })).toEqual([{ key: 'batchSize', from: 2, to: 4 }]);
  expect(() => resume({ batchSize: 1 })).toThrow('--batch-size is 1, but the run in runs/a has 2.');
  expect(makesAnotherRun(settings.batchSize.resume, 2, 1)).toBe(true);
});
