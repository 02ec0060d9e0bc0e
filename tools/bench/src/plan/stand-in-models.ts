import { memoryTensors, modelConfigFromHuggingFace } from '@attune/formats';
import { writeModelFolder } from '@attune/formats/node';
import { initialize, languageModel, type LanguageModelConfig } from '@attune/nn';

const gpt2Shape = {
  model_type: 'gpt2',
  architectures: ['GPT2LMHeadModel'],
  activation_function: 'gelu_new',
  layer_norm_epsilon: 1e-5,
};
const noDropout = { resid_pdrop: 0, embd_pdrop: 0, attn_pdrop: 0 };

/** Shapes of models, those of the hub as their `config.json` has them. */
const SHAPES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  // The sizes of docs/benchmarks.md.
  S: { ...gpt2Shape, ...noDropout, vocab_size: 65, n_positions: 256, n_embd: 128, n_layer: 4, n_head: 4 },
  M: { ...gpt2Shape, ...noDropout, vocab_size: 512, n_positions: 256, n_embd: 384, n_layer: 6, n_head: 6 },
  '124M': {
    ...gpt2Shape,
    ...noDropout,
    ...{ vocab_size: 50257, n_positions: 1024, n_embd: 768, n_layer: 12, n_head: 12 },
  },
  // openai-community/gpt2
  'gpt2-finetune': {
    ...gpt2Shape,
    vocab_size: 50257,
    n_positions: 1024,
    n_embd: 768,
    n_layer: 12,
    n_head: 12,
    resid_pdrop: 0.1,
    embd_pdrop: 0.1,
    attn_pdrop: 0.1,
  },
  // HuggingFaceTB/SmolLM2-135M-Instruct
  'smollm-lora': {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    hidden_act: 'silu',
    vocab_size: 49152,
    max_position_embeddings: 8192,
    hidden_size: 576,
    intermediate_size: 1536,
    num_hidden_layers: 30,
    num_attention_heads: 9,
    num_key_value_heads: 3,
    rms_norm_eps: 1e-5,
    rope_theta: 100_000,
    tie_word_embeddings: true,
  },
  // Qwen/Qwen2.5-0.5B-Instruct
  'qwen-lora': {
    model_type: 'qwen2',
    architectures: ['Qwen2ForCausalLM'],
    hidden_act: 'silu',
    vocab_size: 151_936,
    max_position_embeddings: 32_768,
    hidden_size: 896,
    intermediate_size: 4864,
    num_hidden_layers: 24,
    num_attention_heads: 14,
    num_key_value_heads: 2,
    rms_norm_eps: 1e-6,
    rope_theta: 1_000_000,
    tie_word_embeddings: true,
  },
};

/** The 256 characters that GPT-2's byte-level tokenizers write bytes as. */
function byteCharacters(): string[] {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let others = 0;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCodePoint(printable(byte) ? byte : 256 + others++),
  );
}

const END = '<|end|>';

/** A tokenizer with a token for each byte, as far as the vocabulary goes, and one for the end. */
function byteTokenizer(vocabSize: number): Record<string, string> {
  const size = Math.min(256, vocabSize - 1);
  // Letters first: a small vocabulary is for text alone.
  const letters = [...' .,abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter) =>
    letter.charCodeAt(0),
  );
  const bytes = [...new Set([...letters, ...Array(256).keys()])].slice(0, size);
  const characters = byteCharacters();
  const vocab = Object.fromEntries(bytes.map((byte, id) => [characters[byte], id]));
  const step = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [{ id: size, content: END, ...special }],
    normalizer: null,
    pre_tokenizer: step,
    post_processor: null,
    decoder: step,
    model: { type: 'BPE', dropout: null, unk_token: null, vocab: { ...vocab, [END]: size }, merges: [] },
  };
  return {
    'tokenizer.json': JSON.stringify(tokenizer),
    'tokenizer_config.json': JSON.stringify({ eos_token: END, tokenizer_class: 'PreTrainedTokenizerFast' }),
  };
}

/** True if a model stands in for the one of a preset. */
export function isStandIn(preset: string): boolean {
  return Object.hasOwn(SHAPES, preset);
}

/** Writes a model of the shape that a preset's has, with random weights in bf16. */
export async function writeStandIn(preset: string, folder: string): Promise<void> {
  const source = SHAPES[preset];
  if (!source) throw new Error(`${preset} has no shape to stand in for.`);
  const { config } = modelConfigFromHuggingFace(source, {}, `the shape of ${preset}`);
  const model = languageModel(config as LanguageModelConfig);
  const parameters = memoryTensors(initialize(model.parameters, 1337));
  await writeModelFolder(folder, {
    config,
    parameters,
    files: byteTokenizer(model.config.vocabSize),
    dtype: 'bf16',
  });
}
