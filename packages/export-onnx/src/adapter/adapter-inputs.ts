import type { GraphBuilder, Tensor } from '@attune/core';
import type { OnnxGraph } from '@attune/lowering-onnx';
import {
  applyLora,
  languageModel,
  Linear,
  loraLayers,
  type LanguageModel,
  type LanguageModelConfig,
  type LoraConfig,
} from '@attune/nn';

/** The layers that adapters may change: as `targetModules` of LoRA names them. */
export type AdapterTargets = LoraConfig['targetModules'];

/** The name that the rank has while a graph is written. */
export const RANK = 'lora_rank';

/** The names of a layer's two inputs. */
export function inputNames(path: string): { readonly a: string; readonly b: string } {
  return { a: `${path}.lora_A`, b: `${path}.lora_B` };
}

/** True for an input that is a matrix of an adapter. */
export function isAdapterInput(name: string): boolean {
  return /\.lora_[AB]$/.test(name);
}

/**
 * A linear layer whose low-rank update is an input of the graph: `x·W + b + (x·A)·B`, `A f32[in, r]`, `B f32[r, out]`. The
 * scale of the update is part of B. Both are turned as products read them, so that no run has to.
 */
class LinearWithInputs extends Linear {
  constructor(
    base: Linear,
    private readonly rank: () => number,
  ) {
    super(base.inFeatures, base.outFeatures, { bias: base.bias !== undefined, layout: base.layout });
    // The very parameters of the layer that this one stands in for.
    Object.assign(this, { weight: base.weight, bias: base.bias });
  }

  override forward(g: GraphBuilder, x: Tensor): Tensor {
    const { a, b } = inputNames(this.path);
    const [rank, dtype] = [this.rank(), 'f32'] as const;
    const left = g.feed(a, { shape: [this.inFeatures, rank], dtype });
    const right = g.feed(b, { shape: [rank, this.outFeatures], dtype });
    return g.add(super.forward(g, x), g.matmul(g.matmul(x, left), right));
  }

  /** The update depends on inputs. */
  override plainWeight(): undefined {
    return undefined;
  }
}

/**
 * The paths of the layers that adapters may change, in the order of the model.
 *
 * @throws AttuneError INVALID_CONFIG for a name that no linear layer has, or a head that is the token embedding.
 */
export function adaptedLayers(config: LanguageModelConfig, targetModules: AdapterTargets): readonly string[] {
  const model = languageModel(config);
  applyLora(model, { targetModules, rank: 1 });
  return [...loraLayers(model).keys()];
}

/** Gives layers of a model inputs for the updates of adapters. */
export function addAdapterInputs(model: LanguageModel, paths: readonly string[], rank: () => number): void {
  for (const path of paths)
    model.replace(path, new LinearWithInputs(model.modules.get(path) as Linear, rank));
}

/**
 * Gives the rank of each layer a name of its own: an adapter may leave layers out, and a runtime that is told that lengths are
 * equal shares memory among them.
 */
export function withRankPerLayer(graph: OnnxGraph): OnnxGraph {
  const inputs = graph.inputs.map((input) => ({
    ...input,
    shape: input.shape.map((length) =>
      length === RANK ? `${input.name.replace(/\.lora_[AB]$/, '')}.rank` : length,
    ),
  }));
  return { ...graph, inputs };
}
