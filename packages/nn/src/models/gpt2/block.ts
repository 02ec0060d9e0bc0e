import type { GraphBuilder, Tensor } from '@attune/core';
import { normal } from '../../init/initializers.js';
import { Dropout } from '../../layers/dropout.js';
import type { AttentionContext } from '../../layers/attend.js';
import { LayerNorm } from '../../layers/layer-norm.js';
import { Linear } from '../../layers/linear.js';
import { Module } from '../../module/module.js';
import { CausalSelfAttention } from './attention.js';
import { gpt2Dropouts, type Gpt2Config } from './config.js';

/** Two linear layers, four times as wide in between: `f32[B, T, C] → f32[B, T, C]`. */
class Mlp extends Module {
  readonly c_fc: Linear;
  readonly c_proj: Linear;
  private readonly dropout: Dropout;
  private readonly approximate: 'none' | 'tanh';

  constructor(config: Gpt2Config) {
    super();
    const { nEmbd, nLayer, bias, activation } = config;
    this.c_fc = new Linear(nEmbd, 4 * nEmbd, { bias });
    this.c_proj = new Linear(4 * nEmbd, nEmbd, { bias, init: normal(0.02 / Math.sqrt(2 * nLayer)) });
    this.dropout = new Dropout(gpt2Dropouts(config).residual);
    this.approximate = activation === 'gelu' ? 'none' : 'tanh';
  }

  forward(g: GraphBuilder, x: Tensor): Tensor {
    const hidden = g.gelu(this.c_fc.forward(g, x), this.approximate);
    return this.dropout.forward(g, this.c_proj.forward(g, hidden));
  }
}

/** A transformer block, normalised before each branch. */
export class Block extends Module {
  readonly ln_1: LayerNorm;
  readonly attn: CausalSelfAttention;
  readonly ln_2: LayerNorm;
  readonly mlp: Mlp;

  constructor(config: Gpt2Config) {
    super();
    const norm = { bias: config.bias, epsilon: config.layerNormEpsilon };
    this.ln_1 = new LayerNorm(config.nEmbd, norm);
    this.attn = new CausalSelfAttention(config);
    this.ln_2 = new LayerNorm(config.nEmbd, norm);
    this.mlp = new Mlp(config);
  }

  forward(g: GraphBuilder, x: Tensor, context: AttentionContext): Tensor {
    const attended = g.add(x, this.attn.forward(g, this.ln_1.forward(g, x), context));
    return g.add(attended, this.mlp.forward(g, this.ln_2.forward(g, attended)));
  }
}
