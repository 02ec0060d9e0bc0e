import { AttuneError, type Backend, type State } from '@attune/core';
import { encodePrompt, type Message } from '@attune/data';
import { answerEnd, growingText, openModel, openWithText, samplingOf, type ModelText } from '@attune/runs';
import { allocateParameters, createGenerator, type Generator } from '@attune/train';
import type { ChatOptions } from '../../messages/chat.js';
import type { BackendName } from '../../protocol.js';
import { openBackend } from '../host/backends.js';
import { adapterFolder } from '../finetune/stored-tuning.js';
import type { TunePlace } from '../finetune/tune-host.js';
import { nextTask } from '../host/next-task.js';

/** Which model answers. */
export interface ChatModelChoice {
  readonly backend: BackendName;
  readonly withAdapter: boolean;
  /** A chat template by name, in place of the model's. */
  readonly template?: string | undefined;
}

/** An answer that has come to its end. */
export interface Answer {
  readonly text: string;
  readonly ended: 'length' | 'stop' | 'stopped';
  readonly tokens: number;
  /** Turns that no longer fit the context. */
  readonly forgotten: number;
}

/** The most tokens of context that keys and values are cached for. */
const MAX_CONTEXT = 2048;

/** A model that is talked with. It keeps the keys and values of the conversation, so that only what is new is read. */
export class ChatModel {
  private constructor(
    readonly choice: ChatModelChoice,
    private readonly backend: Backend,
    private readonly state: State,
    private readonly generator: Generator,
    private readonly text: ModelText,
    private readonly contextLength: number,
  ) {}

  /** @throws AttuneError those of reading the model; BACKEND_UNAVAILABLE, OUT_OF_MEMORY. */
  static async open({ model: stored, host }: TunePlace, choice: ChatModelChoice): Promise<ChatModel> {
    const request = { model: stored.name, ...(choice.withAdapter && { adapter: await adapterFolder() }) };
    const { text, ...opened } = await openWithText(openModel, request, host, choice.template);
    try {
      const backend = await openBackend(choice.backend);
      try {
        const { model, tensors } = opened;
        const state = await allocateParameters(backend, model, { tensors });
        const contextLength = Math.min(MAX_CONTEXT, model.config.blockSize);
        const generator = await createGenerator({ backend, model, state, contextLength, reuse: true });
        return new ChatModel(choice, backend, state, generator, text, contextLength);
      } catch (error) {
        await backend.dispose().catch(() => undefined);
        throw error;
      }
    } catch (error) {
      await text.close();
      throw error;
    }
  }

  /** True if the model answers a conversation; otherwise it continues what is typed. */
  get talks(): boolean {
    return this.text.template !== undefined;
  }

  /**
   * Answers the last turn of a conversation. Where the model has no chat template, it continues that turn alone, after a
   * line feed.
   *
   * @param onText takes each piece of the answer as it becomes certain.
   * @param isStopped is asked after each token.
   * @throws AttuneError TEMPLATE_FAILED, INVALID_CONFIG, INVALID_ARGUMENT.
   */
  async answer(
    history: readonly Message[],
    { maxNewTokens, seed, temperature, topK }: ChatOptions,
    onText: (piece: string) => void,
    isStopped: () => boolean,
  ): Promise<Answer> {
    const { text, generator } = this;
    const { prompt, forgotten } = await this.promptOf(history, maxNewTokens);
    const { end, stop } = answerEnd(await text.endIds());
    const grown = growingText(text.tokenizer, { stop, end, before: prompt, onText });
    let tokens = 0;
    let ended = false;
    // What the page does not ask for is as the model says.
    const { topK: _, ...sampling } = samplingOf({ temperature }, text.generation);
    const options = {
      ...sampling,
      ...(topK > 0 && { topK }),
      maxNewTokens,
      // Another draw for each turn, and the same conversation for the same seed.
      seed: seed + history.length,
    };
    for await (const token of generator.generate(prompt, options)) {
      tokens++;
      ended = grown.push(token);
      await nextTask();
      if (ended || isStopped()) break;
    }
    const { text: answer, finishReason } = grown.finish();
    return { text: answer, tokens, forgotten, ended: !ended && isStopped() ? 'stopped' : finishReason };
  }

  /** The last turn with as many before it as fit the context. */
  private async promptOf(
    history: readonly Message[],
    maxNewTokens: number,
  ): Promise<{ readonly prompt: number[]; readonly forgotten: number }> {
    const { text, contextLength } = this;
    if (!this.talks) {
      const ids = await encodePrompt(`${history.at(-1)!.content}\n`, text);
      return { prompt: Array.from(ids), forgotten: 0 };
    }
    for (let from = 0; ; from += 2) {
      const prompt = await encodePrompt(history.slice(from), text);
      const isLast = from + 2 >= history.length;
      if (isLast || prompt.length + maxNewTokens <= contextLength) {
        this.requireRoom(prompt.length);
        return { prompt: Array.from(prompt), forgotten: from };
      }
    }
  }

  private requireRoom(length: number): void {
    if (length < this.contextLength) return;
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `The message has ${length} tokens with its template, and the model reads at most ${this.contextLength}.`,
      { fix: 'Send a shorter one.' },
    );
  }

  async close(): Promise<void> {
    this.generator.dispose();
    this.state.dispose();
    await this.text.close();
    // A device that was lost has nothing left to give back.
    await this.backend.dispose().catch(() => undefined);
  }
}
