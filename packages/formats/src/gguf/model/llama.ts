import { ropeFrequencies, type LlamaConfig, type RopeConfig } from '@attune/nn';
import { ggufValue as value, type GgufValue } from '../file/metadata.js';
import type { Architecture, ArchitectureLayer } from './architecture.js';
import type { PlannedTensor } from './tensor-plan.js';

/** llama.cpp's names for the families: those of Mistral are Llamas to it. */
const NAMES: Readonly<Record<LlamaConfig['family'], 'llama' | 'qwen2' | 'qwen3'>> = {
  llama: 'llama',
  mistral: 'llama',
  qwen2: 'qwen2',
  qwen3: 'qwen3',
};

/**
 * Rows of a projection to heads in the order that llama.cpp turns them in: neighbours are a pair, where transformers pairs
 * the halves of a head.
 *
 * @param width numbers of a row.
 */
function interleaved(heads: number, headDim: number, width: number): (rows: Float32Array) => Float32Array {
  const half = headDim / 2;
  return (rows) => {
    const turned = new Float32Array(rows.length);
    for (let head = 0; head < heads; head++) {
      for (let i = 0; i < headDim; i++) {
        const from = (head * headDim + (i % 2) * half + Math.floor(i / 2)) * width;
        turned.set(rows.subarray(from, from + width), (head * headDim + i) * width);
      }
    }
    return turned;
  };
}

interface Projection {
  readonly path: string;
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly bias: boolean;
  /** The heads whose rows llama.cpp has in another order. */
  readonly turnedHeads?: number;
}

/** The linear layers of a block. */
function projections(config: LlamaConfig): readonly Projection[] {
  const { nEmbd, nHead, nKvHead, headDim, intermediateSize, attentionBias, mlpBias } = config;
  const turned = NAMES[config.family] === 'llama';
  const biased = attentionBias !== 'none';
  const attention = (part: string, heads: number, turns: boolean): Projection => ({
    ...{ path: `self_attn.${part}_proj`, name: `attn_${part}`, inputs: nEmbd, outputs: heads * headDim },
    ...{ bias: biased, ...(turned && turns && { turnedHeads: heads }) },
  });
  const mlp = (part: string, inputs: number, outputs: number): Projection => ({
    ...{ path: `mlp.${part}_proj`, name: `ffn_${part}`, inputs, outputs, bias: mlpBias },
  });
  return [
    attention('q', nHead, true),
    attention('k', nKvHead, true),
    attention('v', nKvHead, false),
    {
      ...{ path: 'self_attn.o_proj', name: 'attn_output', inputs: nHead * headDim, outputs: nEmbd },
      bias: attentionBias === 'all',
    },
    mlp('gate', nEmbd, intermediateSize),
    mlp('up', nEmbd, intermediateSize),
    mlp('down', intermediateSize, nEmbd),
  ];
}

function layersOf(config: LlamaConfig, rank: number): ReadonlyMap<string, ArchitectureLayer> {
  const rows = projections(config);
  const layers = Array.from({ length: config.nLayer }, (_, i) =>
    rows.map(({ path, name, turnedHeads }): [string, ArchitectureLayer] => [
      `model.layers.${i}.${path}`,
      {
        name: `blk.${i}.${name}.weight`,
        ...(turnedHeads && { arrangeRows: interleaved(turnedHeads, config.headDim, rank) }),
      },
    ]),
  );
  return new Map([...layers.flat(), ['lm_head', { name: 'output.weight' }]]);
}

function blockTensors(config: LlamaConfig, i: number): PlannedTensor[] {
  const { nEmbd, headDim } = config;
  const [own, theirs] = [`model.layers.${i}`, `blk.${i}`];
  const norm = (path: string, name: string, width: number): PlannedTensor => ({
    ...{ name: `${theirs}.${name}.weight`, from: `${own}.${path}.weight`, shape: [width] },
  });
  const linear = ({ path, name, inputs, outputs, bias, turnedHeads }: Projection): PlannedTensor[] => {
    const arranged = (width: number) =>
      turnedHeads ? { arrange: interleaved(turnedHeads, headDim, width) } : {};
    const [from, to] = [`${own}.${path}`, `${theirs}.${name}`];
    return [
      { name: `${to}.weight`, from: `${from}.weight`, shape: [outputs, inputs], ...arranged(inputs) },
      ...(bias ? [{ name: `${to}.bias`, from: `${from}.bias`, shape: [outputs], ...arranged(1) }] : []),
    ];
  };
  return [
    norm('input_layernorm', 'attn_norm', nEmbd),
    ...(config.qkNorm
      ? [norm('self_attn.q_norm', 'attn_q_norm', headDim), norm('self_attn.k_norm', 'attn_k_norm', headDim)]
      : []),
    ...projections(config).flatMap(linear),
    norm('post_attention_layernorm', 'ffn_norm', nEmbd),
  ];
}

/** The keys that say how rotary positions turn. */
function ropeKeys({ theta, scaling }: RopeConfig): [string, GgufValue][] {
  const keys: [string, GgufValue][] = [['rope.freq_base', value.f32(theta)]];
  if (scaling.type !== 'linear' && scaling.type !== 'yarn') return keys;
  keys.push(
    ['rope.scaling.type', value.string(scaling.type)],
    ['rope.scaling.factor', value.f32(scaling.factor)],
  );
  if (scaling.type === 'yarn') {
    const { originalMaxPositions, betaFast, betaSlow } = scaling;
    keys.push(['rope.scaling.original_context_length', value.u32(originalMaxPositions)]);
    if (betaFast !== undefined) keys.push(['rope.scaling.yarn_beta_fast', value.f32(betaFast)]);
    if (betaSlow !== undefined) keys.push(['rope.scaling.yarn_beta_slow', value.f32(betaSlow)]);
  }
  return keys;
}

/** Divisors of the frequencies, where they are not the same for all: Llama 3.1's. */
function ropeFactors({ rope, headDim }: LlamaConfig): PlannedTensor[] {
  if (rope.scaling.type !== 'llama3') return [];
  const plain = ropeFrequencies({ ...rope, scaling: { type: 'default' } }, headDim).frequencies;
  const scaled = ropeFrequencies(rope, headDim).frequencies;
  return [
    {
      ...{ name: 'rope_freqs.weight', shape: [headDim / 2] },
      make: () => Float32Array.from(plain, (frequency, i) => frequency / scaled[i]!),
    },
  ];
}

function faultsOf(config: LlamaConfig): string[] {
  const { family, attentionBias, mlpBias, qkNorm, slidingWindow, maxPositions, rope } = config;
  const name = NAMES[family];
  const faults: string[] = [];
  const check = (ok: boolean, fault: string) => void (ok || faults.push(fault));
  check(
    slidingWindow === null || slidingWindow.size >= maxPositions,
    `its layers see a sliding window of ${slidingWindow?.size} tokens, and llama.cpp's ${name} has none`,
  );
  check(
    qkNorm === (name === 'qwen3'),
    `it ${qkNorm ? 'norms' : 'does not norm'} queries and keys, and llama.cpp's ${name} ${qkNorm ? 'does not' : 'does'}`,
  );
  check(name === 'llama' || !mlpBias, `its MLP has biases, and llama.cpp's ${name} has none`);
  const biases = { llama: ['none', 'qkv', 'all'], qwen2: ['qkv'], qwen3: ['none'] }[name];
  check(
    biases.includes(attentionBias),
    `its attention has biases (${attentionBias}) other than those of llama.cpp's ${name} (${biases.join(', ')})`,
  );
  if (rope.scaling.type === 'yarn') {
    const { attentionFactor, mscale, mscaleAllDim, truncate = true } = rope.scaling;
    const own = [attentionFactor, mscale, mscaleAllDim].some((one) => one !== undefined);
    check(
      !own && truncate,
      'its YaRN positions have an attention factor, an mscale or bounds of their own, which llama.cpp computes otherwise',
    );
  }
  return faults;
}

/** A model of Llama's kind in llama.cpp's words. */
export function llamaArchitecture(config: LlamaConfig): Architecture {
  const { vocabSize, maxPositions, nLayer, nHead, nKvHead, headDim, nEmbd, intermediateSize } = config;
  const embedding: PlannedTensor = {
    ...{ name: 'token_embd.weight', from: 'model.embed_tokens.weight', shape: [vocabSize, nEmbd] },
  };
  const head: PlannedTensor = { name: 'output.weight', from: 'lm_head.weight', shape: [vocabSize, nEmbd] };
  return {
    name: NAMES[config.family],
    keys: [
      ['vocab_size', value.u32(vocabSize)],
      ['context_length', value.u32(maxPositions)],
      ['embedding_length', value.u32(nEmbd)],
      ['block_count', value.u32(nLayer)],
      ['feed_forward_length', value.u32(intermediateSize)],
      ['attention.head_count', value.u32(nHead)],
      ['attention.head_count_kv', value.u32(nKvHead)],
      ['attention.key_length', value.u32(headDim)],
      ['attention.value_length', value.u32(headDim)],
      ['attention.layer_norm_rms_epsilon', value.f32(config.rmsNormEpsilon)],
      ['rope.dimension_count', value.u32(headDim)],
      ...ropeKeys(config.rope),
    ],
    tensors: [
      embedding,
      ...ropeFactors(config),
      ...Array.from({ length: nLayer }, (_, i) => blockTensors(config, i)).flat(),
      { name: 'output_norm.weight', from: 'model.norm.weight', shape: [nEmbd] },
      ...(config.tieEmbeddings ? [] : [head]),
    ],
    layers: (rank) => layersOf(config, rank),
    faults: faultsOf(config),
  };
}
