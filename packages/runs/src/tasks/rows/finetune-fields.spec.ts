import { trainsHead } from '../../adaptations/freeze.js';
import { validate } from '../../settings/validate.js';
import { finetuneConfig, finetuneFields, recordedFinetuneConfig } from './finetune-fields.js';

const given = { model: 'base', data: 'rows.jsonl' };
const read = (values: object) => validate(finetuneFields, values, { name: '', spell: (key) => key });

test('a head on a frozen body is a classification that freezes', () => {
  const config = finetuneConfig({ ...given, task: 'classify', method: 'freeze' });
  expect(config).toMatchObject({ learningRate: 1e-3, train: [], freeze: [] });
  expect(trainsHead(config)).toBe(true);
});

test('the method "head", as it was called, is read, and is the same run', () => {
  const former = { ...given, ...read({ method: 'head', train: ['h.1.*'] }) };
  const current = { ...given, task: 'classify', method: 'freeze', train: ['h.1.*'] } as const;
  expect(finetuneConfig(former)).toEqual(finetuneConfig(current));
  expect(recordedFinetuneConfig(former)).toMatchObject({ task: 'classify', method: 'freeze', dropout: 0 });
});

test('it is not shown among the methods', () => {
  expect(() => read({ method: 'other' })).toThrow('method must be "full" or "freeze" or "lora"');
  expect(finetuneFields.method.placeholder).toBe('<full|freeze|lora>');
});

test('a classification that says what is frozen learns like any that freezes', () => {
  const config = finetuneConfig({ ...given, task: 'classify', method: 'freeze', freezeLayers: 1 });
  expect([trainsHead(config), config.learningRate]).toEqual([false, 5e-5]);
});
