import {
  AttuneError,
  type BatchTensors,
  type CausalLm,
  type GraphBuilder,
  type Model,
  type Tensor,
} from '@attune/core';
import { normal } from '../init/initializers.js';
import { Linear } from '../layers/linear.js';
import { Module } from '../module/module.js';
import { RootModule } from '../module/root-module.js';

/** The options of a classifier. */
export interface SequenceClassifierOptions {
  /** Classes; or, for regression, numbers. */
  readonly numLabels: number;
  /** The names of the labels, in order. */
  readonly labels?: readonly string[];
  readonly problemType?: 'single_label_classification' | 'multi_label_classification' | 'regression';
}

/** A classifier's configuration. */
export interface SequenceClassifierConfig extends SequenceClassifierOptions {
  readonly problemType: NonNullable<SequenceClassifierOptions['problemType']>;
  /** That of the decoder below. */
  readonly body: CausalLm['config'];
}

/** The module that turns hidden states into scores of tokens, where it is not the embedding: a classifier has none. */
const LANGUAGE_HEAD = 'lm_head';

/** A linear head on the hidden state of each sequence's last token. See {@link sequenceClassifier}. */
export class SequenceClassifier
  extends RootModule<{ readonly logits: Tensor }>
  implements Model<SequenceClassifierConfig>
{
  readonly config: SequenceClassifierConfig;
  readonly aliases = {};
  readonly score: Linear;
  readonly #body: CausalLm & RootModule;

  constructor(body: CausalLm & RootModule, options: SequenceClassifierOptions, width: number) {
    super();
    const { problemType = 'single_label_classification' } = options;
    this.config = { ...options, problemType, body: body.config };
    this.#body = body;
    // Under the names they have in the body, so that weights of either fit the other.
    for (const [name, part] of Object.entries(body) as [string, unknown][]) {
      if (part instanceof Module && name !== LANGUAGE_HEAD) Object.assign(this, { [name]: part });
    }
    this.score = new Linear(width, options.numLabels, {
      bias: false,
      layout: 'out-in',
      init: normal(0.02),
    });
    this.refresh();
  }

  /** The decoder below, whose parameters are this model's. */
  get body(): CausalLm & RootModule {
    return this.#body;
  }

  /** `x i32[B, T]` and `lastToken i32[B]`, the index of each row's last token → `logits f32[B, numLabels]`. */
  protected build(g: GraphBuilder, batch: BatchTensors): { readonly logits: Tensor } {
    const { lastToken } = batch;
    if (!lastToken) {
      throw new AttuneError('SHAPE_MISMATCH', 'A classifier takes lastToken, i32[B], beside x.');
    }
    const hidden = this.#body.hiddenStates(g, batch);
    const [rows, length, width] = hidden.shape as [number, number, number];
    const last = g.add(g.mul(g.iota([rows]), length), lastToken);
    return { logits: this.score.forward(g, g.gather(g.reshape(hidden, [rows * length, width]), last)) };
  }
}

/**
 * A classifier or regressor of texts: a decoder without its head, and one linear layer on the hidden state of each text's
 * last token, which has seen all of it. The parameters keep the decoder's names, and are shared with it.
 *
 * Source: transformers, `GenericForSequenceClassification`.
 *
 * @throws AttuneError INVALID_CONFIG.
 */
export function sequenceClassifier(
  body: CausalLm<CausalLm['config'] & { readonly nEmbd: number }> & RootModule,
  options: SequenceClassifierOptions,
): SequenceClassifier {
  const { numLabels, labels } = options;
  if (!Number.isInteger(numLabels) || numLabels < 1) {
    throw new AttuneError('INVALID_CONFIG', `numLabels must be a positive integer, but is ${numLabels}.`);
  }
  if (labels && labels.length !== numLabels) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `There are ${numLabels} labels, but ${labels.length} names for them.`,
    );
  }
  return new SequenceClassifier(body, options, body.config.nEmbd);
}
