import type { Message } from '../../examples/index.js';
import type { Rendering } from '../jinja/evaluate/rendering.js';

/** Options of rendering, beside the messages. */
export interface RenderOptions {
  /** True to end where the assistant's next answer begins. Default false. */
  readonly addGenerationPrompt?: boolean;
  /** Functions the assistant may call, as JSON schemas. */
  readonly tools?: unknown;
  /** More variables, such as `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** One text to render. */
export interface RenderRequest extends RenderOptions {
  readonly messages: readonly Message[];
}

/** Writes conversations as one text, as the model was trained to read them. */
export interface ChatTemplate {
  /** For messages: where it comes from. */
  readonly name: string;
  /** The Jinja template itself, e.g. to save it with a model. */
  readonly source: string;
  /** True if it marks what the assistant says with `{% generation %}`. */
  readonly hasMarks: boolean;
  /**
   * The text of a conversation.
   *
   * @throws AttuneError TEMPLATE_FAILED, with the line of the template.
   */
  render(messages: readonly Message[], options?: RenderOptions): Promise<string>;
  /**
   * Several texts at once. What the template refuses is a value here, so that a text can be tried.
   *
   * @throws AttuneError TEMPLATE_FAILED if the template takes too much time or memory.
   */
  renderAll(requests: readonly RenderRequest[]): Promise<readonly (Rendering | Error)[]>;
  /** Ends what renders, if that is a thread. */
  close(): Promise<void>;
}
