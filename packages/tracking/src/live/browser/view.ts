import type { AxisName } from '../messages.js';
import { byId } from './dom.js';

/** The part of the horizontal axis that is shown, in steps, tokens or seconds. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/** How the reader wants to see the curves. */
export class View {
  private part: Part | undefined;
  private readonly form = byId<HTMLFormElement>('controls');
  private readonly whole = byId<HTMLButtonElement>('whole');

  /** @param onChange called when charts have to be drawn anew. */
  constructor(private readonly onChange: () => void) {
    this.form.addEventListener('submit', (event) => event.preventDefault());
    this.form.addEventListener('change', (event) => {
      // A part of one axis says nothing on another.
      if ((event.target as HTMLInputElement).name === 'x') this.zoom(undefined);
      else this.onChange();
    });
    this.whole.addEventListener('click', () => this.zoom(undefined));
  }

  get axis(): AxisName {
    return new FormData(this.form).get('x') as AxisName;
  }

  /** Shows a part, or all. */
  zoom(part: Part | undefined): void {
    this.part = part;
    this.whole.hidden = part === undefined;
    this.onChange();
  }

  /** The query of the charts. */
  query(): string {
    const asked = new FormData(this.form);
    const query = new URLSearchParams({
      x: this.axis,
      smooth: String(asked.get('smooth')),
      log: asked.has('log') ? '1' : '0',
    });
    if (this.part) {
      query.set('from', String(this.part.from));
      query.set('to', String(this.part.to));
    }
    return query.toString();
  }
}
