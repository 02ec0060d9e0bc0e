import { attendShared, MASKED_SCORE, type GraphBuilder, type Shape, type Tensor } from '@attune/core';
import type { AttentionInputs } from './attention-inputs.js';
import type { KeyValue, KvCache } from './kv-cache.js';

/** The keys and values of earlier tokens in an attention layer, counted from 0: `f32[B, Hkv, P, D]`. */
export type Past = (layer: number, shape: Shape) => KeyValue;

/**
 * A cache that comes in with each run and goes out longer by the new tokens: P before it, P + T after. A token sees itself
 * and those before it, except padding.
 */
export class GrowingKvCache implements KvCache {
  /** Keys and values of all tokens by layer, `f32[B, Hkv, P + T, D]`: the next run's past. */
  readonly present: KeyValue[] = [];
  private readonly biases = new Map<number | undefined, Tensor>();

  /**
   * @param kept `i32[B, P + T]`: 1 for a token, 0 for padding.
   * @param tokens how many are new, T.
   */
  constructor(
    private readonly kept: Tensor,
    private readonly tokens: number,
    private readonly past: Past,
  ) {}

  attend(g: GraphBuilder, inputs: AttentionInputs): Tensor {
    const { q, window } = inputs;
    const scale = q.shape.at(-1)! ** -0.5;
    return attendShared(g, { q, ...this.store(g, inputs), scale }, (scores) =>
      g.add(scores, this.biasWithin(g, window)),
    );
  }

  /** Caches the keys and values of new tokens. @returns those of all tokens, the new ones among them. */
  private store(g: GraphBuilder, { k, v }: AttentionInputs): KeyValue {
    const [rows, heads, tokens, width] = k.shape as [number, number, number, number];
    const before = this.past(this.present.length, [rows, heads, this.total - tokens, width]);
    const present = { keys: g.concat([before.keys, k], 2), values: g.concat([before.values, v], 2) };
    this.present.push(present);
    return present;
  }

  /** So low that no weight is left where a token does not see another. The same in every layer with this window. */
  private biasWithin(g: GraphBuilder, window: number | undefined): Tensor {
    const bias = this.biases.get(window) ?? this.bias(g, window);
    this.biases.set(window, bias);
    return bias;
  }

  private get total(): number {
    return this.kept.shape[1]!;
  }

  /** The bias of scores, `f32[B, 1, T, P + T]`. */
  private bias(g: GraphBuilder, window: number | undefined): Tensor {
    const { kept, total, tokens } = this;
    const places = g.iota([total]);
    const own = g.reshape(g.slice(places, [total - tokens], [tokens]), [tokens, 1]);
    const before = g.lessEqual(places, own);
    const near = window === undefined ? before : g.logicalAnd(before, g.less(g.sub(own, window), places));
    const visible = g.logicalAnd(near, g.reshape(g.less(0, kept), [kept.shape[0]!, 1, 1, total]));
    return g.select(visible, 0, MASKED_SCORE);
  }
}
