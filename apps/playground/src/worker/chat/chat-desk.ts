import type { Message } from '@attune/data';
import type { ChatReport, ChatRequest } from '../../messages/chat.js';
import { findTuning } from '../finetune/stored-tuning.js';
import { tunePlace } from '../finetune/tune-host.js';
import { Pieces } from '../host/pieces.js';
import { ChatModel } from './chat-model.js';

/** The most of a message that is read. */
const MAX_MESSAGE = 100_000;

/** The most tokens of an answer. */
const MAX_ANSWER = 8192;

/** The conversation with the model that is open, and the model while it is kept for the next turn. */
export class ChatDesk {
  private history: Message[] = [];
  private open: ChatModel | undefined;
  private answering: Promise<void> = Promise.resolve();
  private isStopped = false;

  constructor(
    private readonly report: (report: ChatReport) => void,
    private readonly messageOf: (error: unknown) => string,
  ) {}

  /** Answers a message, after the one that is being answered. */
  async say(request: Extract<ChatRequest, { readonly kind: 'say' }>): Promise<void> {
    await this.answering;
    this.isStopped = false;
    await (this.answering = this.answer(request));
  }

  /** Ends the answer after the token in progress. */
  stop(): void {
    this.isStopped = true;
  }

  /** Begins a new conversation. */
  async clear(): Promise<void> {
    this.stop();
    await this.answering;
    this.history = [];
  }

  /** Gives back what the model holds. The conversation stays. */
  async release(): Promise<void> {
    this.stop();
    await this.answering;
    const closed = this.open;
    this.open = undefined;
    await closed?.close();
  }

  private async answer({
    backend,
    withAdapter,
    text,
    options,
  }: Extract<ChatRequest, { readonly kind: 'say' }>): Promise<void> {
    const { report } = this;
    try {
      const model = await this.modelFor(backend, withAdapter);
      const turns: readonly Message[] = [
        ...this.history,
        { role: 'user', content: text.slice(0, MAX_MESSAGE) },
      ];
      const began = performance.now();
      const pieces = new Pieces((text) => report({ kind: 'answerPiece', text }));
      const limited = { ...options, maxNewTokens: Math.min(options.maxNewTokens, MAX_ANSWER) };
      const answer = await model.answer(
        turns,
        limited,
        (piece) => pieces.add(piece),
        () => this.isStopped,
      );
      pieces.flush();
      this.history = [...turns, { role: 'assistant', content: answer.text }];
      const { ended, tokens, forgotten } = answer;
      report({ kind: 'answered', ended, tokens, forgotten, seconds: (performance.now() - began) / 1000 });
    } catch (error) {
      report({ kind: 'unanswered', message: this.messageOf(error) });
      // After a device that was lost, it begins afresh.
      const failed = this.open;
      this.open = undefined;
      await failed?.close().catch(() => undefined);
    }
  }

  private async modelFor(backend: 'webgpu' | 'wasm', withAdapter: boolean): Promise<ChatModel> {
    const { choice } = this.open ?? {};
    if (this.open && choice?.backend === backend && choice.withAdapter === withAdapter) return this.open;
    const former = this.open;
    this.open = undefined;
    await former?.close();
    this.report({ kind: 'chatWaiting', what: 'Reading the model…' });
    // The base is asked as the adapter was trained, so that the two can be compared.
    const { template } = (await findTuning())?.settings ?? {};
    this.open = await ChatModel.open(await tunePlace(backend), {
      ...{ backend, withAdapter },
      template: template === 'own' ? undefined : template,
    });
    return this.open;
  }
}
