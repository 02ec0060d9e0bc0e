import type { Gpt2Config } from '@attune/nn';
import { ggufValue as value } from '../file/metadata.js';
import type { Architecture, ArchitectureLayer } from './architecture.js';
import { transposed, type PlannedTensor } from './tensor-plan.js';

/** The linear layers of a block: attune's path in it, llama.cpp's name, and the widths in terms of the stream's. */
const LINEAR = [
  ['attn.c_attn', 'attn_qkv', 1, 3],
  ['attn.c_proj', 'attn_output', 1, 1],
  ['mlp.c_fc', 'ffn_up', 1, 4],
  ['mlp.c_proj', 'ffn_down', 4, 1],
] as const;

/** The layer norms of a block. */
const NORMS = [
  ['ln_1', 'attn_norm'],
  ['ln_2', 'ffn_norm'],
] as const;

function layersOf({ nLayer }: Gpt2Config): ReadonlyMap<string, ArchitectureLayer> {
  const layers = Array.from({ length: nLayer }, (_, i) =>
    LINEAR.map(([path, name]): [string, ArchitectureLayer] => [
      `transformer.h.${i}.${path}`,
      { name: `blk.${i}.${name}.weight` },
    ]),
  );
  return new Map([...layers.flat(), ['lm_head', { name: 'output.weight' }]]);
}

/**
 * A GPT-2 in llama.cpp's words. Linear weights are `[out, in]` there, so that they are transposed, and biases are always
 * there: those that the model lacks are zeros.
 */
export function gpt2Architecture(config: Gpt2Config): Architecture {
  const { vocabSize, blockSize, nLayer, nHead, nEmbd, bias, activation, layerNormEpsilon } = config;
  const tensors: PlannedTensor[] = [
    { name: 'token_embd.weight', from: 'transformer.wte.weight', shape: [vocabSize, nEmbd] },
    { name: 'position_embd.weight', from: 'transformer.wpe.weight', shape: [blockSize, nEmbd] },
  ];
  const biasOf = (path: string, name: string, width: number): PlannedTensor => ({
    ...(bias && { from: `${path}.bias` }),
    ...{ name: `${name}.bias`, shape: [width] },
  });
  const norm = (path: string, name: string) =>
    tensors.push(
      { name: `${name}.weight`, from: `${path}.weight`, shape: [nEmbd] },
      biasOf(path, name, nEmbd),
    );
  for (let i = 0; i < nLayer; i++) {
    const [own, theirs] = [`transformer.h.${i}`, `blk.${i}`];
    for (const [path, name] of NORMS) norm(`${own}.${path}`, `${theirs}.${name}`);
    for (const [path, name, from, to] of LINEAR) {
      const [inputs, outputs] = [from * nEmbd, to * nEmbd];
      tensors.push(
        {
          ...{ name: `${theirs}.${name}.weight`, from: `${own}.${path}.weight` },
          ...{ shape: [outputs, inputs], arrange: transposed(inputs, outputs) },
        },
        biasOf(`${own}.${path}`, `${theirs}.${name}`, outputs),
      );
    }
  }
  norm('transformer.ln_f', 'output_norm');
  if (config.tieEmbeddings === false) {
    tensors.push({ name: 'output.weight', from: 'lm_head.weight', shape: [vocabSize, nEmbd] });
  }
  return {
    name: 'gpt2',
    keys: [
      ['context_length', value.u32(blockSize)],
      ['embedding_length', value.u32(nEmbd)],
      ['block_count', value.u32(nLayer)],
      ['feed_forward_length', value.u32(4 * nEmbd)],
      ['attention.head_count', value.u32(nHead)],
      ['attention.layer_norm_epsilon', value.f32(layerNormEpsilon)],
    ],
    tensors,
    layers: () => layersOf(config),
    faults:
      activation === 'gelu'
        ? [
            'its activation is the exact GELU ("gelu"), and llama.cpp computes a GPT-2 with the tanh approximation ("gelu_new")',
          ]
        : [],
  };
}
