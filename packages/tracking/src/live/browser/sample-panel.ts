import type { LiveSample } from '../messages.js';
import { ask, byId, setText } from './dom.js';
import { count } from './format.js';

/** The samples of the model. The newest is shown until the reader looks at another. */
export class SamplePanel {
  private samples: readonly LiveSample[] = [];
  private drawing: string | null = null;
  /** The number of the sample that is looked at; `undefined` for whichever is the newest. */
  private chosen: number | undefined;
  private asking = false;
  private readonly which = byId<HTMLInputElement>('which');

  constructor() {
    this.which.addEventListener('input', () => this.choose(Number(this.which.value)));
    byId('earlier').addEventListener('click', () => this.choose(this.index() - 1));
    byId('later').addEventListener('click', () => this.choose(this.index() + 1));
  }

  /** @param newest the number of the newest sample. @param drawing the one that is being drawn. */
  async update(newest: number, drawing: string | null): Promise<void> {
    this.drawing = drawing;
    const known = this.samples.at(-1)?.number ?? 0;
    if (newest > known && !this.asking) {
      this.asking = true;
      try {
        this.samples = [...this.samples, ...(await ask<LiveSample[]>(`samples?after=${known}`))];
      } catch {
        // The next state asks again.
      }
      this.asking = false;
    }
    this.show();
  }

  /** One more than the last is the one that is being drawn. */
  private get count(): number {
    return this.samples.length + (this.drawing === null ? 0 : 1);
  }

  private index(): number {
    if (this.chosen === undefined) return this.count - 1;
    return Math.max(
      0,
      this.samples.findIndex(({ number }) => number === this.chosen),
    );
  }

  private choose(index: number): void {
    this.chosen = index >= this.count - 1 ? undefined : this.samples[Math.max(0, index)]?.number;
    this.show();
  }

  private show(): void {
    const { count: all, which } = this;
    byId('no-sample').hidden = all > 0;
    byId('sample').hidden = all === 0;
    if (all === 0) return;
    const index = this.index();
    which.max = String(all - 1);
    which.value = String(index);
    byId<HTMLButtonElement>('earlier').disabled = index === 0;
    byId<HTMLButtonElement>('later').disabled = index === all - 1;
    const sample = this.samples[index];
    const place = sample ? `after step ${count(sample.step)}` : 'now';
    setText('of-step', place);
    which.setAttribute('aria-valuetext', place);
    setText('sample-text', sample ? sample.text : (this.drawing ?? ''));
    byId('sample-text').classList.toggle('drawing', !sample);
  }
}
