import type { ChatTemplate, SpecialTokens, Tokenizer } from '@attune/data';
import type { JsonObject } from '@attune/formats';

/** A chat template as a file of its own. */
export const TEMPLATE_FILE = 'chat_template.jinja';

/** An output for messages to the user. */
export interface TextOutput {
  write(text: string): unknown;
}

/** The parts between a model and text. */
export interface ModelText {
  readonly tokenizer: Tokenizer;
  readonly specialTokens: SpecialTokens;
  /** Missing where the model has no chat template, and none was chosen. */
  readonly template?: ChatTemplate;
  /** The name of the folder that the template is from; missing where it was chosen. */
  readonly templateFolder?: string;
  /** The model's `generation_config.json`, if it has one. */
  readonly generation?: JsonObject;
  /**
   * The tokens at which an answer ends: those of the model, and those that its template ends turns with.
   *
   * @param output is warned where the template does not say.
   */
  endIds(output?: TextOutput): Promise<readonly number[]>;
  /** How many tokens the model can read, if its folder says so. */
  readonly positions?: number;
  /** Ends the thread that a template is rendered in. */
  close(): Promise<void>;
}
