import type { GraphBuilder, Tensor } from '@attune/core';
import { normal } from '../../init/initializers.js';
import { attend, type AttentionContext } from '../../layers/attend.js';
import { Dropout } from '../../layers/dropout.js';
import { Linear } from '../../layers/linear.js';
import { Module } from '../../module/module.js';
import { gpt2Dropouts, type Gpt2Config } from './config.js';

/** Multi-head causal self-attention: `f32[B, T, C] → f32[B, T, C]`. */
export class CausalSelfAttention extends Module {
  readonly c_attn: Linear;
  readonly c_proj: Linear;
  private readonly attn_dropout: Dropout;
  private readonly resid_dropout: Dropout;
  private readonly heads: number;

  constructor(config: Gpt2Config) {
    super();
    const { nEmbd, nHead, nLayer, bias } = config;
    const { attention, residual } = gpt2Dropouts(config);
    this.heads = nHead;
    this.c_attn = new Linear(nEmbd, 3 * nEmbd, { bias });
    this.c_proj = new Linear(nEmbd, nEmbd, { bias, init: normal(0.02 / Math.sqrt(2 * nLayer)) });
    this.attn_dropout = new Dropout(attention);
    this.resid_dropout = new Dropout(residual);
  }

  forward(g: GraphBuilder, x: Tensor, context: AttentionContext): Tensor {
    const [batch, length, width] = x.shape as [number, number, number];
    const qkv = this.c_attn.forward(g, x); // [B, T, 3C]
    const [q, k, v] = [0, 1, 2].map((part) => {
      const own = g.slice(qkv, [0, 0, part * width], [batch, length, width]);
      const split = g.reshape(own, [batch, length, this.heads, width / this.heads]);
      return g.transpose(split, [0, 2, 1, 3]); // [B, H, T, D]
    }) as [Tensor, Tensor, Tensor];
    const { path, attn_dropout: dropout } = this;
    const mixed = g.transpose(attend(g, { path, q, k, v }, context, dropout), [0, 2, 1, 3]);
    return this.resid_dropout.forward(g, this.c_proj.forward(g, g.reshape(mixed, x.shape)));
  }
}
