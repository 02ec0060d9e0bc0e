import {
  type BatchTensors,
  type CachedInputs,
  type GraphBuilder,
  type CausalLm,
  type ModelOutputs,
  type Tensor,
  type TensorSpecs,
} from '@attune/core';
import { documentMask, type AttentionContext } from '../../layers/attend.js';
import { Dropout } from '../../layers/dropout.js';
import { checkTokens } from '../check-tokens.js';
import { Embedding } from '../../layers/embedding.js';
import { keyValueSpecs, KvCache } from '../../layers/kv-cache.js';
import { LayerNorm } from '../../layers/layer-norm.js';
import { Linear } from '../../layers/linear.js';
import { Module } from '../../module/module.js';
import { RootModule } from '../../module/root-module.js';
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
export class Gpt2Model extends RootModule implements CausalLm<Gpt2Config> {
  private readonly transformer: Transformer;
  private lm_head?: Linear;
  #config: Gpt2Config;

  constructor(config: Gpt2Config) {
    super();
    this.#config = config;
    this.transformer = new Transformer(config);
    if (config.tieEmbeddings === false) this.untie();
    this.refresh();
  }

  get config(): Gpt2Config {
    return this.#config;
  }

  get aliases(): Readonly<Record<string, string>> {
    return this.lm_head ? {} : { 'lm_head.weight': 'transformer.wte.weight' };
  }

  /** Gives the head a weight of its own, `lm_head.weight`, where it shares the token embedding. */
  untie(): void {
    const { nEmbd, vocabSize } = this.#config;
    this.lm_head ??= new Linear(nEmbd, vocabSize, { bias: false, layout: 'out-in' });
    this.#config = { ...this.#config, tieEmbeddings: false };
    this.refresh();
  }

  /** `x i32[B, T]` → `logits f32[B, T, V]`, for any T up to `blockSize`. In training with dropout, feeds `seed i32[]`. */
  forward(g: GraphBuilder, batch: BatchTensors): ModelOutputs & { readonly logits: Tensor } {
    const hidden = this.hiddenStates(g, batch);
    const headWeight = this.lm_head ? this.lm_head.plainWeight(g) : this.transformer.wte.weight.on(g);
    return { logits: this.head(g, hidden), ...(headWeight && { hidden, headWeight }) };
  }

  hiddenStates(g: GraphBuilder, { x, positions, documents }: BatchTensors): Tensor {
    const [, length] = checkTokens(x, this.config);
    const { wpe } = this.transformer;
    const embedded = positions ? wpe.forward(g, positions) : wpe.firstRows(g, length);
    const visible = documents && documentMask(g, documents);
    return this.transformer.forward(g, x!, embedded, { visible });
  }

  head(g: GraphBuilder, hidden: Tensor): Tensor {
    return this.lm_head ? this.lm_head.forward(g, hidden) : this.transformer.wte.project(g, hidden);
  }

  cacheSpecs(rows: number, length: number): TensorSpecs {
    const { nHead, nEmbd } = this.config;
    return keyValueSpecs(
      this.transformer.h.map(({ attn }) => attn.path),
      [rows, nHead, length, nEmbd / nHead],
    );
  }

  forwardCached(g: GraphBuilder, { x, positions, length }: CachedInputs): Tensor {
    const cache = new KvCache(g, positions, length);
    return this.transformer.forward(g, x, this.transformer.wpe.forward(g, positions), { cache });
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
