import type { FinetunePreset } from './preset.js';

/** Rows that the extent of a preset speaks of. */
const ROWS = 1000;
const EPOCHS = 3;
const ROWS_PER_STEP = 8;

/** Three passes over a thousand rows, eight rows a step. */
const length = {
  extent: `${(EPOCHS * ROWS) / ROWS_PER_STEP} steps: ${EPOCHS} epochs of ${ROWS.toLocaleString('en-US')} rows`,
  steps: (EPOCHS * ROWS) / ROWS_PER_STEP,
} as const;

/** The settings of all of them: eight rows a step, one at a time, so that a laptop's memory is enough. */
const common = {
  epochs: EPOCHS,
  batchSize: 1,
  gradientAccumulationSteps: ROWS_PER_STEP,
  onOverlength: 'truncate',
  /** Logits of a whole row are the largest thing in memory where the vocabulary is large. */
  chunkTokens: 128,
} as const;

/**
 * Presets of `attune finetune`, by name. The rate and length of the whole model's are the defaults of transformers' example
 * `run_clm.py` (5e-5, 3 epochs, 8 rows). Adapters are on all linear layers, which "LoRA Learns Less and Forgets Less" (Biderman et
 * al., 2024) and QLoRA (Dettmers et al., 2023) found to matter more than the rank; 2e-4 is QLoRA's rate for small models.
 */
export const finetunePresets = {
  'gpt2-finetune': {
    command: 'finetune',
    description: 'GPT-2 124M, all weights, on your texts',
    data: 'rows of text, or of prompt and completion (JSONL), up to 256 tokens',
    ...length,
    values: {
      ...common,
      model: 'openai-community/gpt2',
      method: 'full',
      maxLength: 256,
      trainOn: 'all',
      learningRate: 5e-5,
      minLr: 0,
      weightDecay: 0,
    },
  },
  'smollm-lora': {
    command: 'finetune',
    description: 'SmolLM2 135M Instruct, LoRA on all linear layers, on conversations',
    data: 'conversations (JSONL with messages), or prompt and completion, up to 512 tokens',
    ...length,
    values: {
      ...common,
      model: 'HuggingFaceTB/SmolLM2-135M-Instruct',
      method: 'lora',
      targetModules: ['all-linear'],
      loraRank: 8,
      loraAlpha: 16,
      frozenDtype: 'bf16',
      maxLength: 512,
      learningRate: 2e-4,
    },
  },
  'qwen-lora': {
    command: 'finetune',
    description: 'Qwen2.5 0.5B Instruct, LoRA on all linear layers, on conversations',
    data: 'conversations (JSONL with messages), or prompt and completion, up to 512 tokens',
    ...length,
    values: {
      ...common,
      model: 'Qwen/Qwen2.5-0.5B-Instruct',
      method: 'lora',
      targetModules: ['all-linear'],
      loraRank: 8,
      loraAlpha: 16,
      frozenDtype: 'bf16',
      gradientCheckpointing: true,
      maxLength: 512,
      learningRate: 2e-4,
    },
  },
} as const satisfies Record<string, FinetunePreset>;
