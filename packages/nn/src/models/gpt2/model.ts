import {
  AttuneError,
  type BatchTensors,
  type GraphBuilder,
  type DecoderModel,
  type Tensor,
  type TensorSpecs,
} from '@attune/core';
import { Dropout } from '../../layers/dropout.js';
import { Embedding } from '../../layers/embedding.js';
import { cacheNames, KvCache } from '../../layers/kv-cache.js';
import { LayerNorm } from '../../layers/layer-norm.js';
import { Module, nameParts } from '../../module/module.js';
import type { Param } from '../../module/param.js';
import { Block } from './block.js';
import { gpt2Config, type Gpt2Config, type Gpt2Options } from './config.js';

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
    this.drop = new Dropout(config.dropout);
    this.h = Array.from({ length: nLayer }, () => new Block(config));
    this.ln_f = new LayerNorm(nEmbd, { bias, epsilon });
  }

  /** @param positions `f32[T, C]` or `f32[B, T, C]`: their embeddings. */
  forward(g: GraphBuilder, x: Tensor, positions: Tensor, cache?: KvCache): Tensor {
    const embedded = this.drop.forward(g, g.add(this.wte.forward(g, x), positions));
    return this.ln_f.forward(
      g,
      this.h.reduce((hidden, block) => block.forward(g, hidden, cache), embedded),
    );
  }
}

/** GPT-2: a decoder with learned positions, whose head shares the token embedding. See {@link gpt2}. */
export class Gpt2Model extends Module implements DecoderModel<Gpt2Config> {
  private readonly transformer: Transformer;
  readonly parameters: readonly Param[];
  readonly aliases = { 'lm_head.weight': 'transformer.wte.weight' };

  constructor(readonly config: Gpt2Config) {
    super();
    this.transformer = new Transformer(config);
    this.parameters = nameParts(this);
  }

  /** `x i32[B, T]` → `logits f32[B, T, V]`, for any T up to `blockSize`. In training with dropout, feeds `seed i32[]`. */
  forward(g: GraphBuilder, { x }: BatchTensors): { logits: Tensor } {
    if (x?.rank !== 2 || x.dtype !== 'i32') {
      throw new AttuneError('SHAPE_MISMATCH', 'GPT-2 takes token ids as x, i32[B, T].');
    }
    if (x.shape[1]! > this.config.blockSize) {
      throw new AttuneError(
        'SHAPE_MISMATCH',
        `The sequence has ${x.shape[1]} tokens, but the model has ${this.config.blockSize} positions (blockSize).`,
      );
    }
    const positions = this.transformer.wpe.firstRows(g, x.shape[1]!);
    return { logits: this.head(g, this.transformer.forward(g, x, positions)) };
  }

  head(g: GraphBuilder, hidden: Tensor): Tensor {
    return this.transformer.wte.project(g, hidden);
  }

  cacheSpecs(rows: number): TensorSpecs {
    const { blockSize, nHead, nEmbd } = this.config;
    const spec = { shape: [rows, nHead, blockSize, nEmbd / nHead], dtype: 'f32' } as const;
    return Object.fromEntries(
      this.transformer.h.flatMap(({ attn }) =>
        Object.values(cacheNames(attn.path)).map((name) => [name, spec]),
      ),
    );
  }

  forwardCached(
    g: GraphBuilder,
    { x, positions }: { readonly x: Tensor; readonly positions: Tensor },
  ): Tensor {
    const cache = new KvCache(g, positions, this.config.blockSize);
    return this.transformer.forward(g, x, this.transformer.wpe.forward(g, positions), cache);
  }
}

/**
 * A GPT-2 of any size, initialised as nanoGPT does: normal with standard deviation 0.02, residual projections scaled by
 * `1 / √(2 · nLayer)`, biases 0.
 *
 * Source: Radford et al., "Language Models are Unsupervised Multitask Learners" (2019); karpathy/nanoGPT, `model.py`.
 *
 * @throws AttuneError INVALID_CONFIG.
 */
export function gpt2(options: Gpt2Options): Gpt2Model {
  return new Gpt2Model(gpt2Config(options));
}
