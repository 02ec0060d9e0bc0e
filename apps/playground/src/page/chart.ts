/** A point of a curve. */
export interface Point {
  readonly step: number;
  readonly loss: number;
}

const HEIGHT = 280;
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 14, 30, 28];
/** More points than pixels show nothing more. */
const MAX_POINTS = 600;
/** How much of the running mean stays at each step. */
const SMOOTHING = 0.9;

/** A round distance between about `count` ticks. */
function tickDistance(range: number, count: number): number {
  const rough = range / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough)!;
}

/** @param least the smallest distance that makes sense. */
function ticks(from: number, to: number, count: number, least = 0): number[] {
  const distance = Math.max(least, tickDistance(to - from, count));
  const first = Math.ceil(from / distance - 1e-9);
  const last = Math.floor(to / distance + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * distance);
}

/** Draws the loss of each step, its running mean, and validation losses. Redrawn once a frame at most. */
export class LossChart {
  private losses: Point[] = [];
  private smooth: Point[] = [];
  private validation: Point[] = [];
  /** Of the whole run; none where there is no run. */
  private steps: number | undefined;
  private frame = 0;

  constructor(private readonly svg: SVGSVGElement) {
    // Drawn at the size that it has, so that its letters have theirs on every screen.
    new ResizeObserver(() => this.schedule()).observe(svg);
  }

  /** @param steps of the run that begins; none where there is no run. */
  reset(steps?: number): void {
    this.steps = steps;
    this.losses = [];
    this.smooth = [];
    this.validation = [];
    this.schedule();
  }

  addLoss(point: Point): void {
    const { losses, smooth } = this;
    // A plain mean at first, so that the first loss does not weigh more than the later ones.
    const weight = Math.max(1 - SMOOTHING, 1 / (losses.length + 1));
    const before = smooth.at(-1)?.loss ?? point.loss;
    losses.push(point);
    smooth.push({ step: point.step, loss: before + weight * (point.loss - before) });
    this.schedule();
  }

  addValidation(point: Point): void {
    this.validation.push(point);
    this.schedule();
  }

  private schedule(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  private draw(): void {
    const width = this.svg.clientWidth || 720;
    this.svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    const all = [...this.losses, ...this.validation].map(({ loss }) => loss);
    if (this.steps === undefined || all.length === 0) {
      this.svg.innerHTML =
        `<line class="rule" x1="${LEFT}" x2="${width - RIGHT}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM}" />` +
        `<text x="${width / 2}" y="${HEIGHT / 2}" text-anchor="middle">The loss of each step appears here.</text>`;
      return;
    }
    const { steps } = this;
    // One by one: a call takes only so many arguments.
    const [low, high] = all.reduce(([a, b], loss) => [Math.min(a, loss), Math.max(b, loss)], [Infinity, 0]);
    const bottom = Math.max(0, low - 0.1);
    const top = high + 0.1;
    const x = (step: number) => LEFT + (step / steps) * (width - LEFT - RIGHT);
    const y = (loss: number) => TOP + ((top - loss) / (top - bottom)) * (HEIGHT - TOP - BOTTOM);

    const line = (points: readonly Point[]) => {
      const stride = Math.ceil(points.length / MAX_POINTS);
      const shown = points.filter((_, i) => i % stride === 0 || i === points.length - 1);
      return shown.map(({ step, loss }) => `${x(step).toFixed(1)},${y(loss).toFixed(1)}`).join(' ');
    };
    const dots = this.validation.map(
      ({ step, loss }) =>
        `<circle class="validation" cx="${x(step).toFixed(1)}" cy="${y(loss).toFixed(1)}" r="3.5" />`,
    );
    this.svg.innerHTML = [
      ...ticks(bottom, top, 5).map(
        (loss) =>
          `<line class="rule" x1="${LEFT}" x2="${width - RIGHT}" y1="${y(loss)}" y2="${y(loss)}" />` +
          `<text x="${LEFT - 8}" y="${y(loss) + 4}" text-anchor="end">${Number(loss.toFixed(2))}</text>`,
      ),
      ...ticks(0, steps, width < 500 ? 4 : 6, 1).map(
        (step) => `<text x="${x(step)}" y="${HEIGHT - 8}" text-anchor="middle">${Math.round(step)}</text>`,
      ),
      `<polyline class="loss" points="${line(this.losses)}" />`,
      `<polyline class="smooth" points="${line(this.smooth)}" />`,
      ...dots,
      `<text x="${width - RIGHT}" y="14" text-anchor="end">` +
        `<tspan class="loss">—</tspan> each step  <tspan class="smooth">—</tspan> running mean  ` +
        `<tspan class="validation">●</tspan> validation</text>`,
    ].join('');
  }
}
