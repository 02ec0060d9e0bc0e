import type { LiveChart, PlacedPoint, PlacedSeries } from '../messages.js';
import { element } from './dom.js';
import { bytes, count, duration, number } from './format.js';
import type { View } from './view.js';

/** Narrower than so many pixels, a drag is a click. */
const MIN_DRAG = 8;

/** A chart that can be read and looked into, by pointer and by keyboard. */
export class Plot {
  readonly root = element('div', 'plot');
  private readonly over = element('div', 'over');
  private readonly tip = element('div', 'tip');
  private readonly cursor = element('div', 'cursor');
  private readonly part = element('div', 'part');
  private readonly spoken = element('output', 'spoken');
  private chart: LiveChart | undefined;
  private x: number | undefined;
  private dragFrom: number | undefined;

  /** @param point shows a place in all charts. */
  constructor(
    isLarge: boolean,
    private readonly view: View,
    private readonly point: (x: number | undefined) => void,
  ) {
    const { root, over, tip, cursor, part, spoken } = this;
    root.classList.toggle('large', isLarge);
    root.tabIndex = 0;
    root.setAttribute('role', 'group');
    tip.setAttribute('aria-hidden', 'true');
    over.append(cursor, part);
    root.append(over, tip, spoken);
    for (const one of [cursor, part, tip]) one.hidden = true;
    root.addEventListener('pointermove', (event) => this.moved(event));
    root.addEventListener('pointerdown', (event) => this.pressed(event));
    root.addEventListener('pointerup', (event) => this.released(event));
    root.addEventListener('pointercancel', () => this.endDrag());
    root.addEventListener('pointerleave', () => this.dragFrom === undefined && this.point(undefined));
    root.addEventListener('keydown', (event) => this.pressedKey(event));
    root.addEventListener('blur', () => this.point(undefined));
    new ResizeObserver(() => this.mark()).observe(root);
  }

  /** Shows another state of the chart. The place that is pointed at stays. */
  show(chart: LiveChart): void {
    this.chart = chart;
    // Its texts are escaped, and the page's policy runs no script of a document.
    const figure = new DOMParser().parseFromString(chart.html, 'text/html').querySelector('figure')!;
    const old = this.root.querySelector('figure');
    if (old) old.replaceWith(figure);
    else this.root.prepend(figure);
    this.root.setAttribute(
      'aria-label',
      `${figure.querySelector('figcaption')?.textContent ?? ''}: arrow keys read values`,
    );
    this.mark();
  }

  /** Points at a place of the horizontal axis, or at none. */
  pointAt(x: number | undefined): void {
    this.x = x;
    this.mark();
  }

  /** The longest curve: its points are those that the keyboard goes through. */
  private get main(): PlacedSeries | undefined {
    const all = this.chart?.series ?? [];
    return all.reduce<PlacedSeries | undefined>(
      (a, b) => (a && a.points.length >= b.points.length ? a : b),
      undefined,
    );
  }

  private area(): DOMRect | undefined {
    return this.root.querySelector('figure > svg')?.getBoundingClientRect();
  }

  private valueAt(clientX: number): number | undefined {
    const [area, points] = [this.area(), this.main?.points ?? []];
    const [first, last] = [points[0], points.at(-1)];
    if (!area || !first || !last) return undefined;
    const place = Math.min(1, Math.max(0, (clientX - area.left) / area.width));
    if (last[2] === first[2]) return first[0];
    return first[0] + ((place - first[2]) / (last[2] - first[2])) * (last[0] - first[0]);
  }

  private moved(event: PointerEvent): void {
    this.point(this.valueAt(event.clientX));
    if (this.dragFrom === undefined) return;
    const area = this.area()!;
    const [from, to] = [this.dragFrom, event.clientX]
      .map((x) => Math.min(area.right, Math.max(area.left, x)) - area.left)
      .sort((a, b) => a - b) as [number, number];
    this.part.hidden = to - from < MIN_DRAG;
    Object.assign(this.part.style, { left: `${from}px`, width: `${to - from}px` });
  }

  private pressed(event: PointerEvent): void {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    this.dragFrom = event.clientX;
    this.root.setPointerCapture(event.pointerId);
    event.preventDefault();
    this.root.focus({ preventScroll: true });
  }

  private released(event: PointerEvent): void {
    const from = this.dragFrom;
    this.endDrag();
    if (from === undefined || Math.abs(event.clientX - from) < MIN_DRAG) return;
    this.look(this.valueAt(from), this.valueAt(event.clientX));
  }

  private endDrag(): void {
    this.dragFrom = undefined;
    this.part.hidden = true;
  }

  /** Shows the part between two places. */
  private look(a: number | undefined, b: number | undefined): void {
    if (a === undefined || b === undefined || a === b) return;
    this.view.zoom({ from: Math.min(a, b), to: Math.max(a, b) });
  }

  private pressedKey(event: KeyboardEvent): void {
    const points = this.main?.points ?? [];
    if (points.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = points.length - 1;
    const at = this.x === undefined ? last : nearest(points, this.x);
    const jump = event.shiftKey ? 20 : 1;
    const steps: Record<string, number> = { ArrowLeft: at - jump, ArrowRight: at + jump, Home: 0, End: last };
    const to = steps[event.key];
    if (to !== undefined) {
      this.point(points[Math.min(last, Math.max(0, to))]![0]);
      this.spoken.textContent = this.reading().join(', ');
    } else if (event.key === '+' || event.key === '=') {
      const [middle, quarter] = [points[at]![0], (points[last]![0] - points[0]![0]) / 4];
      this.look(middle - quarter, middle + quarter);
    } else if (event.key === '-' || event.key === 'Escape') this.view.zoom(undefined);
    else return;
    event.preventDefault();
  }

  /** The values at the place that is pointed at, as people read them. */
  private reading(): string[] {
    const { chart, x } = this;
    if (!chart || x === undefined) return [];
    const point = this.main && this.main.points[nearest(this.main.points, x)];
    if (!point) return [];
    const axis = this.view.axis;
    const place = axis === 'time' ? duration(point[0]) : `${axis} ${count(point[0])}`;
    const write = chart.unit === 'bytes' ? bytes : number;
    return [place, ...this.spots().map(({ series, at }) => `${series.name} ${write(at[1])}`)];
  }

  /** The points next to the place that is pointed at. */
  private spots(): { readonly series: PlacedSeries; readonly at: PlacedPoint }[] {
    return (this.chart?.series ?? []).flatMap((series) => {
      const at = series.points[nearest(series.points, this.x!)];
      return at ? [{ series, at }] : [];
    });
  }

  private mark(): void {
    const { over, tip, cursor, root } = this;
    for (const spot of over.querySelectorAll('.spot')) spot.remove();
    const area = this.area();
    const point = this.x === undefined ? undefined : this.main?.points[nearest(this.main.points, this.x)];
    cursor.hidden = tip.hidden = !point;
    if (!area) return;
    const outer = root.getBoundingClientRect();
    const { style } = over;
    Object.assign(style, { left: `${area.left - outer.left}px`, top: `${area.top - outer.top}px` });
    Object.assign(style, { width: `${area.width}px`, height: `${area.height}px` });
    if (!point) return;
    cursor.style.left = `${100 * point[2]}%`;
    const spots = this.spots();
    for (const { series, at } of spots) {
      const spot = element('div', `spot ${series.look}`);
      Object.assign(spot.style, { left: `${100 * at[2]}%`, top: `${100 * at[3]}%` });
      over.append(spot);
    }
    const [place = '', ...values] = this.reading();
    // The chart that is looked at says all, the others what they can say beside it.
    const isLookedAt = root.matches(':hover, :focus');
    tip.replaceChildren(
      ...(isLookedAt ? [element('p', 'faint', place)] : []),
      ...values.flatMap((value, i) => {
        const { look, isPale } = spots[i]!.series;
        return isLookedAt || !isPale ? [element('p', `value ${look}`, value)] : [];
      }),
    );
    // On the side where there is more room.
    const left = area.left - outer.left + area.width * point[2];
    const isRight = point[2] > 0.5;
    Object.assign(tip.style, {
      top: `${area.top - outer.top}px`,
      left: isRight ? 'auto' : `${left + 12}px`,
      right: isRight ? `${outer.width - left + 12}px` : 'auto',
    });
  }
}

/** The index of the point next to a place. */
function nearest(points: readonly PlacedPoint[], x: number): number {
  let [low, high] = [0, points.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (points[middle]![0] <= x) low = middle;
    else high = middle;
  }
  const [a, b] = [points[low], points[high]];
  return a && b && Math.abs(a[0] - x) <= Math.abs(b[0] - x) ? low : high;
}
