import { createSvg } from '../parts/elements.js';
import { formatCount, formatLoss } from '../parts/format.js';
import { ticksAround, type Ticks } from './ticks.js';

/** A point of a curve. */
export interface Point {
  readonly step: number;
  readonly loss: number;
}

const HEIGHT = 280;
const [TOP, BOTTOM] = [30, 28];
/** Widths of the margins at least; longer labels of ticks have wider ones. */
const [LEFT, RIGHT] = [44, 14];
/** The width of a digit of a label, in pixels. */
const DIGIT = 6.5;
/** A chart that changes more often cannot be read, and takes time from training. */
const REDRAW_MS = 500;
/** More points than pixels show nothing more. */
const MAX_POINTS = 600;
/** How much of the running mean stays at each step. */
const SMOOTHING = 0.9;

/** Where things are on the chart. */
interface Scale {
  readonly width: number;
  readonly left: number;
  readonly right: number;
  readonly losses: Ticks;
  readonly steps: Ticks;
  x(step: number): number;
  y(loss: number): number;
  /** The step at a place. */
  stepAt(x: number): number;
}

/** Attributes that a slider has beside its role. */
const SLIDER = ['tabindex', 'aria-valuemin', 'aria-valuemax', 'aria-valuenow', 'aria-valuetext'];

/** How far keys move the cursor, in steps that were done. */
const KEYS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -10,
  PageUp: 10,
  Home: -Infinity,
  End: Infinity,
};

/**
 * Draws the loss of each step, its running mean, and validation losses, redrawn twice a second. A pointer, or the
 * arrow keys, move a cursor over it, whose values are read out.
 */
export class LossChart {
  private losses: Point[] = [];
  private smooth: Point[] = [];
  private validation: Point[] = [];
  /** The steps of the whole run; `undefined` where there is no run. */
  private steps: number | undefined;
  private frame = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Which of the losses the cursor is at. */
  private cursor: number | undefined;
  private scale: Scale | undefined;

  constructor(
    private readonly svg: SVGSVGElement,
    private readonly readout: HTMLElement,
  ) {
    // Drawn at the size that it has, so that its letters have theirs on every screen.
    new ResizeObserver(() => this.schedule()).observe(svg);
    const point = ({ clientX }: PointerEvent) => {
      if (!this.scale) return;
      this.moveTo(this.nearest(this.scale.stepAt(clientX - svg.getBoundingClientRect().left)));
    };
    svg.addEventListener('pointermove', point);
    svg.addEventListener('pointerdown', point);
    svg.addEventListener('pointerleave', () => this.moveTo(undefined));
    svg.addEventListener('blur', () => this.moveTo(undefined));
    svg.addEventListener('focus', () => {
      // By the keyboard: a pointer has its place already.
      if (svg.matches(':focus-visible')) this.moveTo(this.cursor ?? this.losses.length - 1);
    });
    svg.addEventListener('keydown', (event) => this.press(event));
    this.describe();
  }

  /** @param steps of the run that begins; none where there is no run. */
  reset(steps?: number): void {
    this.steps = steps;
    this.losses = [];
    this.smooth = [];
    this.validation = [];
    this.moveTo(undefined);
  }

  addLoss(point: Point): void {
    const { losses, smooth } = this;
    // A plain mean at first, so that the first loss does not weigh more than the later ones.
    const weight = Math.max(1 - SMOOTHING, 1 / (losses.length + 1));
    const before = smooth.at(-1)?.loss ?? point.loss;
    losses.push(point);
    smooth.push({ step: point.step, loss: before + weight * (point.loss - before) });
    this.schedule(false);
  }

  addValidation(point: Point): void {
    this.validation.push(point);
    this.schedule(false);
  }

  private press(event: KeyboardEvent): void {
    const distance = KEYS[event.key];
    if (event.key === 'Escape') this.moveTo(undefined);
    else if (distance !== undefined) this.moveTo((this.cursor ?? this.losses.length - 1) + distance);
    else return;
    event.preventDefault();
  }

  private moveTo(index: number | undefined): void {
    const last = this.losses.length - 1;
    this.cursor = index === undefined || last < 0 ? undefined : Math.min(last, Math.max(0, index));
    this.schedule();
  }

  /** Which of the losses is nearest to a step. */
  private nearest(step: number): number {
    let [low, high] = [0, this.losses.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.losses[middle]!.step < step) low = middle + 1;
      else high = middle;
    }
    const before = this.losses[low - 1];
    return before && step - before.step < this.losses[low]!.step - step ? low - 1 : low;
  }

  /** The reading at the cursor, in words. */
  private textAt(index: number): string {
    const { step, loss } = this.losses[index]!;
    const values = [`loss ${formatLoss(loss)}`, `mean ${formatLoss(this.smooth[index]!.loss)}`];
    const validation = this.validation.filter((point) => point.step <= step).at(-1);
    if (validation) {
      const where = validation.step === step ? '' : ` (step ${formatCount(validation.step)})`;
      values.push(`validation ${formatLoss(validation.loss)}${where}`);
    }
    return `step ${formatCount(step)}: ${values.join(', ')}`;
  }

  /** Makes it a slider for the keyboard and a screen reader once there is something to read. */
  private describe(): void {
    const { svg, losses, cursor } = this;
    const shown = cursor === undefined ? '' : this.textAt(cursor);
    this.readout.textContent = shown;
    if (losses.length === 0) {
      svg.setAttribute('role', 'img');
      for (const name of SLIDER) svg.removeAttribute(name);
      return;
    }
    const at = cursor ?? losses.length - 1;
    const attributes = {
      role: 'slider',
      tabindex: '0',
      'aria-valuemin': losses[0]!.step,
      'aria-valuemax': losses.at(-1)!.step,
      'aria-valuenow': losses[at]!.step,
      'aria-valuetext': this.textAt(at),
    };
    for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, String(value));
  }

  /** Draws at the next frame, as for what the user does, or else when the last drawing was there for a while. */
  private schedule(atOnce = true): void {
    if (!atOnce) {
      this.timer ??= setTimeout(() => this.schedule(), REDRAW_MS);
      return;
    }
    clearTimeout(this.timer);
    this.timer = undefined;
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      // In a section that is not shown it has no size, and is drawn when it gets one.
      if (this.svg.clientWidth === 0) return;
      this.draw();
      this.describe();
    });
  }

  private scaleOf(steps: number): Scale {
    const width = this.svg.clientWidth;
    // One by one: a call takes only so many arguments.
    const [low, high] = [...this.losses, ...this.validation].reduce(
      ([a, b], { loss }) => [Math.min(a, loss), Math.max(b, loss)],
      [Infinity, 0],
    );
    const losses = ticksAround(low, high, 5);
    const [bottom, top] = [losses.values[0]!, losses.values.at(-1)!];
    const longest = Math.max(...losses.values.map((loss) => loss.toFixed(losses.digits).length));
    const left = Math.max(LEFT, 12 + longest * DIGIT);
    // Half of the last label may stand beyond the last step.
    const right = Math.max(RIGHT, 2 + (formatCount(steps).length * DIGIT) / 2);
    const [across, down] = [width - left - right, HEIGHT - TOP - BOTTOM];
    return {
      ...{ width, left, right, losses },
      steps: ticksAround(0, steps, width < 500 ? 4 : 6, 1),
      x: (step) => left + (step / steps) * across,
      y: (loss) => TOP + ((top - loss) / (top - bottom)) * down,
      stepAt: (x) => ((x - left) / across) * steps,
    };
  }

  private draw(): void {
    const { svg, steps } = this;
    const drawn = steps !== undefined && this.losses.length + this.validation.length > 0;
    this.scale = drawn ? this.scaleOf(steps) : undefined;
    const width = this.scale?.width ?? svg.clientWidth;
    svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    if (!this.scale || steps === undefined) {
      svg.replaceChildren(
        rule(LEFT, width - RIGHT, HEIGHT - BOTTOM, HEIGHT - BOTTOM),
        label('', width / 2, HEIGHT / 2, 'middle', 'The loss of each step appears here.'),
      );
      return;
    }
    const { x, y, left, right, losses, steps: marks } = this.scale;
    const line = (name: string, points: readonly Point[]) => {
      const stride = Math.ceil(points.length / MAX_POINTS);
      const shown = points.filter((_, i) => i % stride === 0 || i === points.length - 1);
      const places = shown.map(({ step, loss }) => `${x(step).toFixed(1)},${y(loss).toFixed(1)}`).join(' ');
      return createSvg('polyline', { class: name, points: places });
    };
    const dot = (name: string, { step, loss }: Point) =>
      createSvg('circle', { class: name, cx: x(step).toFixed(1), cy: y(loss).toFixed(1), r: 3.5 });
    svg.replaceChildren(
      ...losses.values.flatMap((loss) => [
        rule(left, width - right, y(loss), y(loss)),
        label('loss-tick', left - 8, y(loss) + 4, 'end', loss.toFixed(losses.digits)),
      ]),
      ...marks.values
        // The last may be after the end.
        .filter((step) => step <= steps)
        .flatMap((step) => [
          rule(x(step), x(step), HEIGHT - BOTTOM, HEIGHT - BOTTOM + 4),
          label('step-tick', x(step), HEIGHT - 8, 'middle', formatCount(step)),
        ]),
      line('loss', this.losses),
      line('smooth', this.smooth),
      line('validation-line', this.validation),
      ...this.validation.map((point) => dot('validation', point)),
      ...this.cursorMarks(dot),
      legend(width - RIGHT),
    );
  }

  /** A line at the cursor, and a point on each curve. */
  private cursorMarks(dot: (name: string, point: Point) => SVGElement): SVGElement[] {
    if (this.cursor === undefined) return [];
    const [loss, mean] = [this.losses[this.cursor]!, this.smooth[this.cursor]!];
    const x = this.scale!.x(loss.step).toFixed(1);
    return [
      createSvg('line', { class: 'cursor', x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM }),
      dot('at-loss', loss),
      dot('at-mean', mean),
    ];
  }
}

function rule(x1: number, x2: number, y1: number, y2: number): SVGElement {
  return createSvg('line', { class: 'rule', x1, x2, y1, y2 });
}

function label(name: string, x: number, y: number, anchor: string, text: string): SVGElement {
  return createSvg('text', { class: name, x, y, 'text-anchor': anchor }, text);
}

function legend(right: number): SVGElement {
  return createSvg(
    'text',
    { x: right, y: 14, 'text-anchor': 'end' },
    createSvg('tspan', { class: 'loss' }, '—'),
    ' each step  ',
    createSvg('tspan', { class: 'smooth' }, '—'),
    ' running mean  ',
    createSvg('tspan', { class: 'validation' }, '●'),
    ' validation',
  );
}
