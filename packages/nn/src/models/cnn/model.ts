import {
  AttuneError,
  formatSpec,
  type BatchTensors,
  type GraphBuilder,
  type Model,
  type Tensor,
} from '@attune/core';
import { uniform } from '../../init/initializers.js';
import { BatchNorm2d } from '../../layers/batch-norm2d.js';
import { Conv2d } from '../../layers/conv2d.js';
import { Linear } from '../../layers/linear.js';
import { MaxPool2d } from '../../layers/max-pool2d.js';
import { Relu } from '../../layers/relu.js';
import { RootModule } from '../../module/root-module.js';
import { cnnConfig, type CnnConfig, type CnnOptions } from './config.js';

/** A convolutional classifier: `features`, four layers for each block, and a `classifier`. See {@link cnn}. */
export class CnnModel extends RootModule<{ readonly logits: Tensor }> implements Model<CnnConfig> {
  readonly features: readonly (Conv2d | BatchNorm2d | Relu | MaxPool2d)[];
  /** The fully connected head. {@link RootModule.replace} puts another one in its place, e.g. for other classes. */
  readonly classifier: Linear;
  readonly aliases = {};
  private readonly body: CnnConfig;

  constructor(config: CnnConfig) {
    super();
    this.body = config;
    const { channels, imageChannels, numLabels } = config;
    this.features = channels.flatMap((width, i) => [
      // Batch normalisation takes the mean away, and a bias with it.
      new Conv2d(channels[i - 1] ?? imageChannels, width, { kernel: 3, padding: 1, bias: false }),
      new BatchNorm2d(width),
      new Relu(),
      new MaxPool2d(2),
    ]);
    this.classifier = this.newClassifier(numLabels);
    this.refresh();
  }

  get config(): CnnConfig {
    return { ...this.body, numLabels: this.classifier.outFeatures };
  }

  /** A fully connected head for this body, initialised as `torch.nn.Linear` is. */
  newClassifier(numLabels: number): Linear {
    const { channels, imageSize } = this.body;
    const width = channels.at(-1)! * Math.floor(imageSize / 2 ** channels.length) ** 2;
    return new Linear(width, numLabels, { layout: 'out-in', init: uniform(width ** -0.5) });
  }

  /** Images `x f32[B, C, H, W]` → `logits f32[B, numLabels]`. */
  protected build(g: GraphBuilder, { x }: BatchTensors): { readonly logits: Tensor } {
    const { imageChannels: c, imageSize: size } = this.body;
    if (x?.dtype !== 'f32' || x.shape.slice(1).join() !== [c, size, size].join()) {
      throw new AttuneError(
        'SHAPE_MISMATCH',
        `The model takes images as x, f32[B, ${c}, ${size}, ${size}], but x is ${x ? formatSpec(x) : 'missing'}.`,
      );
    }
    const features = this.features.reduce((images: Tensor, layer) => layer.forward(g, images), x);
    return { logits: this.classifier.forward(g, g.reshape(features, [x.shape[0]!, -1])) };
  }
}

/**
 * A small convolutional classifier, VGG's blocks at LeNet's size: convolution 3 × 3, batch normalisation, ReLU and max
 * pooling 2 × 2, as often as there are `channels`, then one fully connected layer. Names and layouts are those of
 * `torch.nn.Sequential`: `features.0.weight`, `features.1.running_mean`, `features.4.weight`, …, `classifier.weight`.
 *
 * Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition" (1998); Simonyan and Zisserman, "Very Deep
 * Convolutional Networks for Large-Scale Image Recognition" (2015).
 *
 * @throws AttuneError UNKNOWN_KEY, INVALID_CONFIG.
 */
export function cnn(options: CnnOptions): CnnModel {
  return new CnnModel(cnnConfig(options));
}
