import assert from 'node:assert/strict';
import { it } from 'node:test';
import { gpt2 } from '@attune/nn';
import { decodedWeights } from './decoded-weights.js';

it('the weights of the decoded model are those of pytorch/decoding.py, to the bit', async () => {
  const config = { vocabSize: 65, blockSize: 32, nLayer: 1, nHead: 2, nEmbd: 8, dropout: 0 };
  const weights = decodedWeights(gpt2(config));
  // The first and the last value of each tensor, printed by PyTorch 2.13.
  const printed = {
    'transformer.h.0.mlp.c_fc.bias': [-0.015159904956817627, 0.0189785435795784],
    'transformer.h.0.mlp.c_fc.weight': [-0.04538062959909439, 0.027458786964416504],
    'transformer.ln_f.bias': [-0.037148550152778625, 0.025908708572387695],
    'transformer.ln_f.weight': [1.0457205772399902, 1.003460168838501],
    'transformer.wte.weight': [0.041265130043029785, 0.036978840827941895],
  };
  for (const [name, ends] of Object.entries(printed)) {
    const { data } = await weights[name].load();
    assert.deepEqual([data[0], data.at(-1)], ends.map(Math.fround), name);
  }
});
