import type { GraphBuilder, Tensor, TensorSpecs } from '@attune/core';
import { normal } from '../../init/initializers.js';
import type { AttentionContext } from '../../layers/attend.js';
import { Embedding } from '../../layers/embedding.js';
import { keyValueSpecs } from '../../layers/fixed-kv-cache.js';
import { Linear } from '../../layers/linear.js';
import { RmsNorm } from '../../layers/rms-norm.js';
import { Module } from '../../module/module.js';
import { CausalLmModule } from '../causal-lm/causal-lm-module.js';
import { LlamaLayer } from './block.js';
import { llamaConfig, type LlamaConfig, type LlamaOptions } from './config.js';
import { RotaryEmbedding, type Rotation } from './rotary.js';

class Transformer extends Module {
  readonly embed_tokens: Embedding;
  readonly layers: readonly LlamaLayer[];
  readonly norm: RmsNorm;
  readonly rotary_emb: RotaryEmbedding;

  constructor(config: LlamaConfig) {
    super();
    this.embed_tokens = new Embedding(config.vocabSize, config.nEmbd, normal(config.initializerRange));
    this.layers = Array.from({ length: config.nLayer }, (_, layer) => new LlamaLayer(config, layer));
    this.norm = new RmsNorm(config.nEmbd, config.rmsNormEpsilon);
    this.rotary_emb = new RotaryEmbedding(config.rope, config.headDim, config.blockSize);
  }

  forward(g: GraphBuilder, x: Tensor, rotation: Rotation, context: AttentionContext): Tensor {
    const embedded = this.embed_tokens.forward(g, x);
    return this.norm.forward(
      g,
      this.layers.reduce(
        (hidden, layer) => g.segment(() => layer.forward(g, hidden, rotation, context)),
        embedded,
      ),
    );
  }
}

/** A decoder of Llama's kind. See {@link llama}. */
export class LlamaModel extends CausalLmModule<LlamaConfig> {
  private readonly model: Transformer;

  constructor(config: LlamaConfig) {
    super(config);
    this.model = new Transformer(config);
    if (!config.tieEmbeddings) this.untie();
    this.refresh();
  }

  protected get tokenEmbedding(): Embedding {
    return this.model.embed_tokens;
  }

  protected newHead(): Linear {
    const { nEmbd, vocabSize, initializerRange } = this.config;
    return new Linear(nEmbd, vocabSize, { bias: false, layout: 'out-in', init: normal(initializerRange) });
  }

  protected transform(
    g: GraphBuilder,
    x: Tensor,
    positions: Tensor | undefined,
    context: AttentionContext,
  ): Tensor {
    const { rotary_emb: rotary } = this.model;
    const rotation = positions ? rotary.at(g, positions) : rotary.firstRows(g, x.shape[1]!);
    return this.model.forward(g, x, rotation, context);
  }

  cacheSpecs(rows: number, length: number): TensorSpecs {
    const { nKvHead, headDim } = this.config;
    return keyValueSpecs(
      this.model.layers.map(({ self_attn }) => self_attn.path),
      [rows, nKvHead, length, headDim],
    );
  }
}

/**
 * A decoder as Llama, Mistral, Qwen2, Qwen3 and SmolLM are: the configuration says which parts it has. Initialised as
 * transformers does: normal with standard deviation `initializerRange`, norms 1, biases 0.
 *
 * Source: Touvron et al., "LLaMA" (2023); Ainslie et al., "GQA" (2023); transformers, `modeling_llama.py` and its kin.
 *
 * @throws AttuneError UNKNOWN_KEY, INVALID_CONFIG.
 */
export function llama(options: LlamaOptions): LlamaModel {
  return new LlamaModel(llamaConfig(options));
}
