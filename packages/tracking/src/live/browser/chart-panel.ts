import type { LiveChart, LiveCharts } from '../messages.js';
import { ask, byId } from './dom.js';
import { Plot } from './plot.js';
import { View } from './view.js';

/** The charts of the page. They are asked for when there is something new to see, and somebody to see it. */
export class ChartPanel {
  private readonly plots = new Map<string, Plot>();
  private readonly view = new View(() => this.refresh(true));
  private wanted = 0;
  private shown = -1;
  private asking = false;
  private again = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    document.addEventListener('visibilitychange', () => this.refresh());
  }

  /** Curves have changed. */
  update(revision: number, isLast: boolean): void {
    this.wanted = revision;
    // The last news does not wait for its turn: the server may close.
    this.refresh(isLast && this.shown !== revision);
  }

  /** @param now without a pause after the last time. */
  private refresh(now = false): void {
    if (now) {
      clearTimeout(this.timer);
      this.timer = undefined;
      this.shown = -1;
      this.again = this.asking;
    }
    const isDue = this.shown !== this.wanted && (now || (this.timer === undefined && !document.hidden));
    if (isDue && !this.asking) void this.draw();
  }

  private async draw(): Promise<void> {
    this.asking = true;
    let waitMs = 1000;
    try {
      do {
        this.again = false;
        const answer = await ask<LiveCharts>(`charts?${this.view.query()}`);
        if (this.again) continue;
        this.shown = answer.revision;
        waitMs = answer.waitMs;
        for (const chart of answer.charts) this.show(chart);
      } while (this.again);
    } catch {
      // The banner says that the server is away; the next state asks again.
      this.shown = -1;
    }
    this.asking = false;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.refresh();
    }, waitMs);
  }

  private show(chart: LiveChart): void {
    let plot = this.plots.get(chart.id);
    if (!plot) {
      plot = new Plot(chart.id === 'loss', this.view, (x) => this.pointAt(x));
      this.plots.set(chart.id, plot);
      byId('charts').append(plot.root);
    }
    plot.show(chart);
  }

  /** Points at one place in all charts. */
  private pointAt(x: number | undefined): void {
    for (const plot of this.plots.values()) plot.pointAt(x);
  }
}
