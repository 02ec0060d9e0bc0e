import type { LlamaConfig } from '@attune/nn';
import type { JsonObject } from '@attune/files';

/** How one of the families of Llama's kind says in `config.json` what its models compute. */
export interface LlamaDialect {
  /** The beginning of its classes' names in transformers. */
  readonly className: string;
  /** The defaults of transformers for keys that `config.json` lacks. */
  readonly defaults: JsonObject;
  /** Keys that its code does not look at, with what they may say without being wrong. */
  readonly ignored: JsonObject;
  /** True if keys choose the layers that have a window. Otherwise all do, as soon as its width is given. */
  readonly choosesWindows: boolean;
  /** The keys that not all families have. */
  keys(config: LlamaConfig): JsonObject;
}

const shared: JsonObject = {
  hidden_size: 4096,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  initializer_range: 0.02,
  rms_norm_eps: 1e-6,
  hidden_act: 'silu',
  tie_word_embeddings: false,
  attention_dropout: 0,
  attention_bias: false,
  mlp_bias: false,
  use_sliding_window: false,
};

const qwen: JsonObject = {
  ...{
    vocab_size: 151936,
    intermediate_size: 22016,
    num_key_value_heads: 32,
    max_position_embeddings: 32768,
  },
  ...{ sliding_window: 4096, max_window_layers: 28 },
};

/** The families of Llama's kind. */
export const llamaDialects: Readonly<Record<LlamaConfig['family'], LlamaDialect>> = {
  llama: {
    className: 'Llama',
    defaults: { ...shared, vocab_size: 32000, intermediate_size: 11008, max_position_embeddings: 2048 },
    ignored: { sliding_window: null, use_sliding_window: false },
    choosesWindows: false,
    keys: ({ attentionBias, mlpBias }) => ({ attention_bias: attentionBias !== 'none', mlp_bias: mlpBias }),
  },
  mistral: {
    className: 'Mistral',
    defaults: {
      ...shared,
      ...{ vocab_size: 32000, intermediate_size: 14336, max_position_embeddings: 131072 },
      ...{ num_key_value_heads: 8, sliding_window: 4096 },
    },
    ignored: { mlp_bias: false, attention_bias: false, use_sliding_window: false },
    choosesWindows: false,
    keys: ({ slidingWindow }) => ({ sliding_window: slidingWindow?.size ?? null }),
  },
  qwen2: {
    className: 'Qwen2',
    defaults: { ...shared, ...qwen, attention_bias: true },
    ignored: { mlp_bias: false, attention_bias: true },
    choosesWindows: true,
    keys: windowKeys,
  },
  qwen3: {
    className: 'Qwen3',
    defaults: { ...shared, ...qwen, head_dim: 128 },
    ignored: { mlp_bias: false },
    choosesWindows: true,
    keys: (config) => ({ ...windowKeys(config), attention_bias: config.attentionBias !== 'none' }),
  },
};

function windowKeys({ slidingWindow, nLayer }: LlamaConfig): JsonObject {
  const layers = slidingWindow?.layers ?? [];
  return {
    layer_types: Array.from({ length: nLayer }, (_, layer) =>
      layers.includes(layer) ? 'sliding_attention' : 'full_attention',
    ),
    max_window_layers: layers[0] ?? nLayer,
    sliding_window: slidingWindow?.size ?? null,
    use_sliding_window: slidingWindow !== null,
  };
}
