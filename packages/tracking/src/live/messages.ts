/** How far a run is. `interrupted`: stopped from outside, with a checkpoint to go on from. */
export type Phase = 'preparing' | 'training' | 'saving' | 'ended' | 'interrupted' | 'failed';

/** The facts of a run that stay as they are. */
export interface LiveInfo {
  /** The folder of the run. */
  readonly path: string;
  readonly command: string;
  readonly backend: string;
  readonly description: readonly string[];
  readonly parameters: { readonly total: number; readonly trainable: number };
  /** The checkpoint it goes on from. */
  readonly checkpoint: string | null;
  readonly maxIters: number;
  /** Name and value of each setting. */
  readonly config: readonly (readonly [name: string, value: string])[];
  /** Rows that are trained on can be asked for. */
  readonly hasRows: boolean;
}

/** A run as it stands, as JSON: a number that is not finite is `null`. */
export interface LiveState {
  readonly phase: Phase;
  /** Why it ended, or failed, and what to do about it. */
  readonly reason: string | null;
  /** The server closes, and no news will follow. */
  readonly closes: boolean;
  /** Grows with each change of the curves. */
  readonly revision: number;
  /** Number of the last step, and its metrics. 0 before the first. */
  readonly step: number;
  readonly epoch: number | null;
  readonly loss: number | null;
  readonly lr: number | null;
  readonly gradNorm: number | null;
  readonly tokens: number;
  readonly tokensPerSecond: number | null;
  readonly stepMs: number | null;
  /** Milliseconds since the last step was done. */
  readonly quietMs: number;
  readonly secondsLeft: number | null;
  /** Seconds of training, those before a resumption included. */
  readonly trainedSeconds: number;
  readonly processBytes: number | null;
  readonly deviceBytes: number | null;
  readonly validation: {
    readonly step: number;
    readonly loss: number | null;
    readonly perplexity: number | null;
  } | null;
  readonly lowest: { readonly step: number; readonly loss: number } | null;
  /** Number of the newest sample; 0 without one. */
  readonly newestSample: number;
  /** The sample that is being drawn, as far as it is. */
  readonly drawing: string | null;
  readonly checkpoint: string | null;
  readonly warnings: readonly string[];
}

/** A sample of the model. */
export interface LiveSample {
  /** Counted from 1. */
  readonly number: number;
  readonly step: number;
  readonly text: string;
}

/** The quantities along the horizontal axis of curves. */
export const AXES = ['step', 'tokens', 'time'] as const;
export type AxisName = (typeof AXES)[number];

/** How strongly curves are smoothed. */
export const SMOOTHINGS = ['none', 'light', 'medium', 'strong'] as const;
export type Smoothing = (typeof SMOOTHINGS)[number];

/** A point that can be pointed at: its values, and where it lies in the chart, from 0 to 1 from the top left. */
export type PlacedPoint = readonly [x: number, y: number, left: number, top: number];

/** A curve whose values can be read. */
export interface PlacedSeries {
  readonly name: string;
  /** The class of its colour. */
  readonly look: string;
  /** It lies behind another of the same quantity. */
  readonly isPale: boolean;
  readonly points: readonly PlacedPoint[];
}

/** A chart: its HTML, and the values in it. */
export interface LiveChart {
  readonly id: string;
  readonly html: string;
  /** How values are written. */
  readonly unit: 'number' | 'bytes';
  readonly series: readonly PlacedSeries[];
}

/** All charts of a page. */
export interface LiveCharts {
  readonly revision: number;
  readonly charts: readonly LiveChart[];
  /** Milliseconds that pages should wait before they ask again: drawing takes time of the training. */
  readonly waitMs: number;
}

/** A row that is trained on, as its tokens. */
export interface LiveRow {
  readonly source: string;
  readonly label: string | null;
  readonly tokens: readonly (readonly [id: number, text: string, weight: number])[];
  /** Tokens that are left out at its end. */
  readonly more: number;
}
