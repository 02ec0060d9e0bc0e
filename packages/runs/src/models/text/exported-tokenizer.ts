import { tokenizerJson, type Tokenizer } from '@attune/data';
import { TOKENIZER_FILES } from '@attune/formats';
import { TEMPLATE_FILE } from './model-text.js';

/** The files that transformers.js looks into: documents, not texts. */
function parsed(name: string, content: unknown): unknown {
  return name.endsWith('.json') && typeof content === 'string' ? (JSON.parse(content) as unknown) : content;
}

/**
 * The files of a model's tokenizer as Hugging Face's libraries read them: those that it has, or written anew from what
 * attune knows it as.
 *
 * @param companions the model's files, by name.
 * @param blockSize the longest text that the model takes.
 */
export async function exportedTokenizer(
  companions: Readonly<Record<string, unknown>>,
  tokenizer: Tokenizer | null,
  blockSize: number,
): Promise<Record<string, unknown>> {
  if (!tokenizer) return {};
  const made = await tokenizerJson(tokenizer.toJSON());
  if (made) {
    const config = { ...made['tokenizer_config.json'], model_max_length: blockSize };
    const { [TEMPLATE_FILE]: template } = companions;
    return {
      ...made,
      'tokenizer_config.json': config,
      ...(template !== undefined && { [TEMPLATE_FILE]: template }),
    };
  }
  const files: Record<string, unknown> = { ...tokenizer.files };
  for (const name of TOKENIZER_FILES) {
    if (name in companions) files[name] = parsed(name, companions[name]);
  }
  // transformers.js opens no tokenizer without one.
  files['tokenizer_config.json'] ??= {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    model_max_length: blockSize,
  };
  return files;
}
