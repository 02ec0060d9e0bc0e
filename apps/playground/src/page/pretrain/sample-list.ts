import type { Sample } from '../../protocol.js';
import { create } from '../parts/elements.js';
import { formatCount } from '../parts/format.js';

/** The most samples that are shown. The oldest give way. */
const MAX_SAMPLES = 24;

interface Entry {
  readonly step: number;
  readonly item: HTMLLIElement;
  readonly text: HTMLPreElement;
}

/** The samples of a run, the newest one first: each step has one, which grows while it is drawn. */
export class SampleList {
  private entries: Entry[] = [];

  constructor(
    private readonly list: HTMLOListElement,
    /** Shown in place of an empty list. */
    private readonly hint: HTMLElement,
  ) {}

  clear(): void {
    this.entries = [];
    this.list.replaceChildren();
    this.hint.hidden = false;
  }

  /** Shows the text of a step, in place of what it had before. */
  show({ step, text }: Sample): void {
    const [newest] = this.entries;
    const entry = newest?.step === step ? newest : this.add(step);
    entry.text.textContent = text;
  }

  private add(step: number): Entry {
    const text = create('pre');
    const item = create('li', {}, create('h3', { textContent: `step ${formatCount(step)}` }), text);
    const entry = { step, item, text };
    this.entries.unshift(entry);
    for (const { item: old } of this.entries.splice(MAX_SAMPLES)) old.remove();
    this.list.prepend(item);
    this.hint.hidden = true;
    return entry;
  }
}
