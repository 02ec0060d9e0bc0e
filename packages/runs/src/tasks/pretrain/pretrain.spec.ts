import { pretrain } from './pretrain.js';

test('a run that does not name a family is one of GPT-2', () => {
  expect(pretrain.recorded({ nLayer: 2 })).toMatchObject({ family: 'gpt2', nLayer: 2 });
  expect(pretrain.recorded({ family: 'llama' })).toMatchObject({ family: 'llama' });
});
