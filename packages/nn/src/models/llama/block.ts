import type { GraphBuilder, Tensor } from '@attune/core';
import type { AttentionContext } from '../../layers/attend.js';
import { RmsNorm } from '../../layers/rms-norm.js';
import { Module } from '../../module/module.js';
import { GroupedQueryAttention } from './attention.js';
import type { LlamaConfig } from './config.js';
import { GatedMlp } from './mlp.js';
import type { Rotation } from './rotary.js';

/** A layer of the decoder, normalised before each branch. */
export class LlamaLayer extends Module {
  readonly self_attn: GroupedQueryAttention;
  readonly mlp: GatedMlp;
  readonly input_layernorm: RmsNorm;
  readonly post_attention_layernorm: RmsNorm;

  constructor(config: LlamaConfig, layer: number) {
    super();
    this.self_attn = new GroupedQueryAttention(config, layer);
    this.mlp = new GatedMlp(config);
    this.input_layernorm = new RmsNorm(config.nEmbd, config.rmsNormEpsilon);
    this.post_attention_layernorm = new RmsNorm(config.nEmbd, config.rmsNormEpsilon);
  }

  forward(g: GraphBuilder, x: Tensor, rotation: Rotation, context: AttentionContext): Tensor {
    const normal = this.input_layernorm.forward(g, x);
    const attended = g.add(x, this.self_attn.forward(g, normal, rotation, context));
    return g.add(attended, this.mlp.forward(g, this.post_attention_layernorm.forward(g, attended)));
  }
}
