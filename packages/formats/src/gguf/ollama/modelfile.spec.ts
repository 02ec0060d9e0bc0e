import { ollamaModelfile } from './modelfile.js';

const from = './model-f32.gguf';

test('says where the model is, how texts are made and when they end', () => {
  const file = ollamaModelfile({
    ...{ from, adapter: './adapter-f32.gguf', template: '{{ .Prompt }}', comments: ['A remark.'] },
    generation: { do_sample: true, temperature: 0.7, top_k: 20, repetition_penalty: 1.1 },
    ...{ stops: ['<|im_end|>'], contextLength: 128 },
  });
  expect(file.split('\n')).toEqual([
    '# A remark.',
    'FROM ./model-f32.gguf',
    'ADAPTER ./adapter-f32.gguf',
    'TEMPLATE """{{ .Prompt }}"""',
    'PARAMETER num_ctx 128',
    'PARAMETER temperature 0.7',
    'PARAMETER top_k 20',
    'PARAMETER repeat_penalty 1.1',
    'PARAMETER stop "<|im_end|>"',
    '',
  ]);
});

test('a model that does not sample takes the most likely token', () => {
  const generation = { do_sample: false, temperature: 0.7 };
  expect(ollamaModelfile({ from, generation })).toBe(`FROM ${from}\nPARAMETER temperature 0\n`);
});

test("a stranger's texts and numbers add no instructions", () => {
  const stops = ['a"b', 'x\nSYSTEM evil', '\u2028', '', 'x'.repeat(201)];
  const generation = {
    temperature: 'hot\nSYSTEM evil',
    top_p: 7,
    top_k: -1,
    min_p: NaN,
    repetition_penalty: {},
  };
  expect(ollamaModelfile({ from, stops, generation })).toBe(`FROM ${from}\n`);
});
