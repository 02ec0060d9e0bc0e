import type { GraphBuilder, Tensor } from '@attune/core';
import { fill, uniform } from '../init/initializers.js';
import { Dropout } from '../layers/dropout.js';
import { Linear } from '../layers/linear.js';
import { forwardOptions } from '../module/forward-scope.js';
import { Param } from '../module/param.js';
import { loraScale, type LoraConfig } from './config.js';

/**
 * A linear layer with a low-rank update: `x·W + b + s · dropout(x)·Aᵀ·Bᵀ`, `A f32[r, in]`, `B f32[out, r]`. Weight and bias
 * are the layer's own; B begins as zeros, so that nothing changes at first.
 *
 * With DoRA, each output column of the sum of weights is brought to a learned length m:
 * `m / ‖W + s·B·A‖ · (x·W + s · x·Aᵀ·Bᵀ) + b`, where no gradient flows through the norm.
 *
 * In a forward pass with `adapters: false` it is the layer that it stands in for.
 *
 * Source: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2021); peft, `tuners/lora`.
 */
export class LoraLinear extends Linear {
  readonly lora_A: Linear;
  readonly lora_B: Linear;
  private readonly lora_dropout: Dropout;
  /** Lengths of the columns, `f32[out]`: with DoRA only. Its first values are those of {@link columnNorms}. */
  readonly lora_magnitude_vector?: Param;
  /** The factor by which the product of the two matrices is scaled. */
  readonly scale: number;

  constructor(base: Linear, config: LoraConfig) {
    super(base.inFeatures, base.outFeatures, { bias: base.bias !== undefined, layout: base.layout });
    // The very parameters of the layer that this one stands in for.
    Object.assign(this, { weight: base.weight, bias: base.bias });
    const { inFeatures, outFeatures } = base;
    // torch's default of a linear layer, which peft uses for A: uniform up to 1 / √in.
    const init = uniform(1 / Math.sqrt(inFeatures));
    this.lora_A = new Linear(inFeatures, config.rank, { bias: false, layout: 'out-in', init });
    this.lora_B = new Linear(config.rank, outFeatures, { bias: false, layout: 'out-in', init: fill(0) });
    this.lora_dropout = new Dropout(config.dropout);
    if (config.useDora) this.lora_magnitude_vector = new Param([outFeatures], fill(1));
    this.scale = loraScale(config);
  }

  /** The parameters that the layer it stands in for has not. */
  get adapterParameters(): readonly Param[] {
    const { lora_A, lora_B, lora_magnitude_vector: magnitude } = this;
    return [lora_A.weight, lora_B.weight, ...(magnitude ? [magnitude] : [])];
  }

  override forward(g: GraphBuilder, x: Tensor): Tensor {
    if (forwardOptions(g).adapters === false) return super.forward(g, x);
    const dropped = this.lora_dropout.forward(g, x);
    const update = g.mul(this.lora_B.forward(g, this.lora_A.forward(g, dropped)), this.scale);
    if (!this.lora_magnitude_vector) return g.add(super.forward(g, x), update);
    const factor = g.div(this.lora_magnitude_vector.on(g), g.stopGradient(this.columnNorms(g)));
    // peft adds what DoRA changes to the layer's output, and takes that from the dropped inputs while it trains.
    const product = this.product(g, dropped);
    const change = g.add(g.mul(g.sub(factor, 1), product), g.mul(factor, update));
    return g.add(super.forward(g, x), change);
  }

  /** `W + s·B·A`, if that is all the layer multiplies by: not with DoRA, nor while inputs are dropped. */
  override plainWeight(g: GraphBuilder): Tensor | undefined {
    const weight = super.plainWeight(g);
    if (!weight || forwardOptions(g).adapters === false) return weight;
    if (this.lora_magnitude_vector || this.lora_dropout.drops(g)) return undefined;
    return g.add(weight, this.update(g));
  }

  /** `‖W + s·B·A‖` of each output: `f32[out]`. */
  private columnNorms(g: GraphBuilder): Tensor {
    const weight = this.weight.on(g);
    const rows = this.layout === 'out-in' ? weight : g.transpose(weight, [1, 0]);
    return g.sqrt(g.sum(g.square(g.add(rows, this.update(g))), [1]));
  }

  /** `s·B·A`: `f32[out, in]`. */
  private update(g: GraphBuilder): Tensor {
    return g.mul(g.matmul(this.lora_B.weight.on(g), this.lora_A.weight.on(g)), this.scale);
  }
}
