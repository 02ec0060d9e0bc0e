import type { GraphBuilder, Tensor, TensorSpecs } from '@attune/core';
import type { AttentionContext } from '../../layers/attend.js';
import { Dropout } from '../../layers/dropout.js';
import { Embedding } from '../../layers/embedding.js';
import { keyValueSpecs } from '../../layers/fixed-kv-cache.js';
import { LayerNorm } from '../../layers/layer-norm.js';
import { Linear } from '../../layers/linear.js';
import { Module } from '../../module/module.js';
import { CausalLmModule } from '../causal-lm/causal-lm-module.js';
import { Block } from './block.js';
import { gpt2Config, gpt2Dropouts, type Gpt2Config, type Gpt2Options } from './config.js';

class Transformer extends Module {
  readonly wte: Embedding;
  readonly wpe: Embedding;
  private readonly drop: Dropout;
  readonly h: readonly Block[];
  readonly ln_f: LayerNorm;

  constructor(config: Gpt2Config) {
    super();
    const { vocabSize, blockSize, nEmbd, nLayer, bias, layerNormEpsilon: epsilon } = config;
    this.wte = new Embedding(vocabSize, nEmbd);
    this.wpe = new Embedding(blockSize, nEmbd);
    this.drop = new Dropout(gpt2Dropouts(config).embedding);
    this.h = Array.from({ length: nLayer }, () => new Block(config));
    this.ln_f = new LayerNorm(nEmbd, { bias, epsilon });
  }

  /** @param positions `f32[T, C]` or `f32[B, T, C]`: their embeddings. */
  forward(g: GraphBuilder, x: Tensor, positions: Tensor, context: AttentionContext): Tensor {
    const embedded = this.drop.forward(g, g.add(this.wte.forward(g, x), positions));
    return this.ln_f.forward(
      g,
      this.h.reduce((hidden, block) => g.segment(() => block.forward(g, hidden, context)), embedded),
    );
  }
}

/** GPT-2: a decoder with learned positions, whose head shares the token embedding unless it is untied. See {@link gpt2}. */
export class Gpt2Model extends CausalLmModule<Gpt2Config> {
  private readonly transformer: Transformer;

  constructor(config: Gpt2Config) {
    super(config);
    this.transformer = new Transformer(config);
    if (config.tieEmbeddings === false) this.untie();
    this.refresh();
  }

  protected get tokenEmbedding(): Embedding {
    return this.transformer.wte;
  }

  protected newHead(): Linear {
    const { nEmbd, vocabSize } = this.config;
    return new Linear(nEmbd, vocabSize, { bias: false, layout: 'out-in' });
  }

  protected transform(
    g: GraphBuilder,
    x: Tensor,
    positions: Tensor | undefined,
    context: AttentionContext,
  ): Tensor {
    const { wpe } = this.transformer;
    const embedded = positions ? wpe.forward(g, positions) : wpe.firstRows(g, x.shape[1]!);
    return this.transformer.forward(g, x, embedded, context);
  }

  cacheSpecs(rows: number, length: number): TensorSpecs {
    const { nHead, nEmbd } = this.config;
    return keyValueSpecs(
      this.transformer.h.map(({ attn }) => attn.path),
      [rows, nHead, length, nEmbd / nHead],
    );
  }
}

/**
 * A GPT-2 of any size, initialised as nanoGPT does: normal with standard deviation 0.02, residual projections scaled by
 * `1 / √(2 · nLayer)`, biases 0.
 *
 * Source: Radford et al., "Language Models are Unsupervised Multitask Learners" (2019); karpathy/nanoGPT, `model.py`.
 *
 * @throws AttuneError UNKNOWN_KEY, INVALID_CONFIG.
 */
export function gpt2(options: Gpt2Options): Gpt2Model {
  return new Gpt2Model(gpt2Config(options));
}
