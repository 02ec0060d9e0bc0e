import { isDrawable, type Point } from './point.js';

/** Neighbouring points, told by few. */
interface Bucket {
  /** How many went into it. */
  count: number;
  /** `undefined` while all of them are gaps. */
  first?: Point;
  lowest?: Point;
  highest?: Point;
  last?: Point;
  /** The first gap. */
  gap?: Point;
}

function addTo(bucket: Bucket, point: Point): void {
  bucket.count++;
  if (!isDrawable(point[1])) {
    bucket.gap ??= [point[0], NaN];
    return;
  }
  bucket.first ??= point;
  if (bucket.lowest === undefined || point[1] < bucket.lowest[1]) bucket.lowest = point;
  if (bucket.highest === undefined || point[1] > bucket.highest[1]) bucket.highest = point;
  bucket.last = point;
}

function merged(a: Bucket, b: Bucket): Bucket {
  const bucket = { ...a };
  for (const point of pointsOf(b)) addTo(bucket, point);
  return { ...bucket, count: a.count + b.count };
}

/** The points of a bucket, each once, in order. */
function pointsOf({ first, lowest, highest, last, gap }: Bucket): Point[] {
  const points = [first, lowest, highest, last, gap].filter((point) => point !== undefined);
  return [...new Set(points)].sort((a, b) => a[0] - b[0]);
}

/**
 * A curve that takes any number of points and keeps few: neighbours share a bucket, which keeps its first, lowest, highest
 * and last point, and its first gap. So every peak of the curve is drawn, and none that it does not have. Where there are too
 * many buckets, each two become one: memory is bounded, whatever comes.
 */
export class ThinnedCurve {
  private buckets: Bucket[] = [];
  /** Points of a full bucket. */
  private stride = 1;

  /** @param limit the most buckets, of five points at most. At 500, a chart 1,000 pixels wide loses nothing that is seen. */
  constructor(private readonly limit = 500) {}

  /** Adds a point behind the others: `x` does not fall. One whose `x` is no number is left out. */
  add(x: number, y: number): void {
    if (!isDrawable(x)) return;
    let bucket = this.buckets.at(-1);
    if (bucket === undefined || bucket.count >= this.stride) {
      if (this.buckets.length >= this.limit) this.halve();
      bucket = this.buckets.at(-1);
      if (bucket === undefined || bucket.count >= this.stride) {
        bucket = { count: 0 };
        this.buckets.push(bucket);
      }
    }
    addTo(bucket, [x, y]);
  }

  /** The points that are kept, in order. A gap has NaN. */
  points(): Point[] {
    return this.buckets.flatMap(pointsOf);
  }

  private halve(): void {
    const { buckets } = this;
    this.buckets = [];
    for (let i = 0; i < buckets.length; i += 2) {
      const [a, b] = [buckets[i]!, buckets[i + 1]];
      this.buckets.push(b === undefined ? a : merged(a, b));
    }
    this.stride *= 2;
  }
}
