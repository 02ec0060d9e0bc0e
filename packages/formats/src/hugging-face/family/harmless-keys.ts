/**
 * Keys of `config.json` that say nothing about what a model computes: where it comes from, how it is trained, how text is
 * generated with it, what transformers returns.
 */
export const harmlessKeys: ReadonlySet<string> = new Set([
  // Which model, written by whom
  ...['model_type', 'architectures', '_name_or_path', 'name_or_path', 'transformers_version', 'attune'],
  ...['transformers.js_config', 'unsloth_version', 'unsloth_fixed', 'is_llama_config', 'finetuning_task'],
  // Numbers: files say themselves how they store them
  ...['torch_dtype', 'dtype', 'use_bfloat16', 'torchscript', 'tf_legacy_loss'],
  // How the same numbers are computed
  ...['use_cache', 'pretraining_tp', 'chunk_size_feed_forward', 'gradient_checkpointing'],
  ...['_attn_implementation', '_attn_implementation_autoset', 'attn_implementation', '_flash_attn_2_enabled'],
  // The tokenizer
  ...['bos_token_id', 'eos_token_id', 'pad_token_id', 'sep_token_id', 'cls_token_id', 'unk_token_id'],
  ...['mask_token_id', 'decoder_start_token_id', 'tokenizer_class', 'prefix'],
  // Labels of classifiers: read where there is one
  ...['id2label', 'label2id', 'num_labels', '_num_labels', 'problem_type', 'task_specific_params'],
  // What transformers returns
  ...['return_dict', 'output_attentions', 'output_hidden_states', 'output_scores', 'return_dict_in_generate'],
  // Only encoders, or pairs of encoder and decoder, look at these
  ...['is_decoder', 'tie_encoder_decoder', 'cross_attention_hidden_size'],
  // Generation
  ...['max_length', 'min_length', 'do_sample', 'early_stopping', 'num_beams', 'num_beam_groups'],
  ...['diversity_penalty', 'temperature', 'top_k', 'top_p', 'typical_p', 'repetition_penalty'],
  ...['length_penalty', 'no_repeat_ngram_size', 'encoder_no_repeat_ngram_size', 'bad_words_ids'],
  ...['num_return_sequences', 'forced_bos_token_id', 'forced_eos_token_id', 'remove_invalid_values'],
  ...['exponential_decay_length_penalty', 'suppress_tokens', 'begin_suppress_tokens'],
]);
