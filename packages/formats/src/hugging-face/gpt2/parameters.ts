import type { Shape, TensorSpecs } from '@attune/core';
import type { Gpt2Config } from '@attune/nn';

/** transformers' name of everything but the head. */
export const PREFIX = 'transformer.';

/** The head, where a folder stores it beside the token embedding it is tied to. */
export const HEAD = 'lm_head.weight';
export const TOKEN_EMBEDDING = `${PREFIX}wte.weight`;

/** Causal masks that old folders store; they are computed here. */
const MASK_BUFFER = /^transformer\.h\.\d+\.attn\.(bias|masked_bias)$/;

/** A name as transformers' `GPT2LMHeadModel` has it: folders of the bare `GPT2Model` lack the prefix. */
export function fullName(name: string): string {
  return name.startsWith(PREFIX) || name === HEAD ? name : `${PREFIX}${name}`;
}

/** Whether a full name is that of a buffer rather than of a parameter. */
export function isMaskBuffer(name: string): boolean {
  return MASK_BUFFER.test(name);
}

/** Whether a full name is that of a bias, which a model without biases lacks. */
export function isBias(name: string): boolean {
  return name.endsWith('.bias');
}

/**
 * The parameters of a GPT-2 in a Hugging Face folder, biases always among them. Weights of linear layers are
 * `[in, out]`; the head is tied to the token embedding.
 *
 * Source: transformers, `GPT2LMHeadModel`.
 */
export function gpt2TensorSpecs({
  vocabSize,
  blockSize,
  nLayer,
  nEmbd,
}: Pick<Gpt2Config, 'vocabSize' | 'blockSize' | 'nLayer' | 'nEmbd'>): TensorSpecs {
  const shapes: [string, Shape][] = [
    ['wte.weight', [vocabSize, nEmbd]],
    ['wpe.weight', [blockSize, nEmbd]],
  ];
  const addLayerNorm = (path: string) => {
    shapes.push([`${path}.weight`, [nEmbd]], [`${path}.bias`, [nEmbd]]);
  };
  const addLinear = (path: string, inputs: number, outputs: number) => {
    shapes.push([`${path}.weight`, [inputs, outputs]], [`${path}.bias`, [outputs]]);
  };
  for (let layer = 0; layer < nLayer; layer++) {
    addLayerNorm(`h.${layer}.ln_1`);
    addLinear(`h.${layer}.attn.c_attn`, nEmbd, 3 * nEmbd);
    addLinear(`h.${layer}.attn.c_proj`, nEmbd, nEmbd);
    addLayerNorm(`h.${layer}.ln_2`);
    addLinear(`h.${layer}.mlp.c_fc`, nEmbd, 4 * nEmbd);
    addLinear(`h.${layer}.mlp.c_proj`, 4 * nEmbd, nEmbd);
  }
  addLayerNorm('ln_f');
  return Object.fromEntries(shapes.map(([name, shape]) => [`${PREFIX}${name}`, { dtype: 'f32', shape }]));
}

/** The parameters that the model itself has. */
export function gpt2ParameterSpecs(config: Gpt2Config): TensorSpecs {
  const specs = Object.entries(gpt2TensorSpecs(config));
  return Object.fromEntries(config.bias ? specs : specs.filter(([name]) => !isBias(name)));
}
