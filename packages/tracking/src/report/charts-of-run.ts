import { lineChart, type ChartOptions, type ChartSeries } from '../charts/line-chart.js';
import type { RunOverview } from './overview.js';

/** A chart of a key of the log. */
interface Panel extends Omit<ChartOptions, 'id'> {
  readonly key: string;
}

/** The charts after that of the loss, in order. */
const PANELS: readonly Panel[] = [
  { key: 'gradNorm', title: 'Gradient norm, before clipping', yScale: 'log' },
  { key: 'lr', title: 'Learning rate', fromZero: true },
  { key: 'tokensPerSecond', title: 'Tokens per second', fromZero: true },
  { key: 'stepMs', title: 'Time of a step in ms', yScale: 'log' },
  { key: 'perplexity', title: 'Perplexity on validation data', yScale: 'log' },
];

/** Keys whose curves tell nothing beside the others. */
const UNTOLD = ['loss', 'valLoss', 'epoch', 'tokens', 'skipped'];

/** The panels of some runs: those of every run, then one for each further number in their logs. */
function panelsOf(runs: readonly RunOverview[]): readonly Panel[] {
  const told = new Set([...UNTOLD, ...PANELS.map(({ key }) => key)]);
  const further = new Set(runs.flatMap(({ curves }) => [...curves.keys()]).filter((key) => !told.has(key)));
  return [...PANELS, ...[...further].map((key) => ({ key, title: key }))];
}

const DOTS = 40;

/** The curve of a key, with dots where it has few points. */
function seriesOf({ curves }: RunOverview, key: string, name: string, color: number): ChartSeries[] {
  const points = curves.get(key)?.points() ?? [];
  return points.length === 0 ? [] : [{ name, points, color, drawn: points.length <= DOTS ? 'dots' : 'line' }];
}

/** The charts of a run: losses first. */
export function chartsOfRun(run: RunOverview): string {
  const losses: ChartSeries[] = [
    { name: 'each step', points: run.curves.get('loss')?.points() ?? [], color: 0, drawn: 'pale' },
    { name: 'train, moving average', points: run.smoothLoss.points(), color: 0 },
    ...seriesOf(run, 'valLoss', 'validation', 1),
  ];
  const charts = [
    lineChart({ title: 'Loss', id: 'loss' }, losses),
    ...panelsOf([run]).flatMap(({ key, ...options }, i) => {
      const series = seriesOf(run, key, options.title, 0);
      return series.length === 0 ? [] : [lineChart({ ...options, id: `chart-${i}` }, series)];
    }),
  ];
  return `<div class="charts">\n${charts.join('\n')}\n</div>`;
}

/** The charts of several runs, each in a colour of its own. */
export function chartsOfRuns(runs: readonly RunOverview[], names: readonly string[]): string {
  const charts = [
    lineChart(
      { title: 'Train loss, moving average', id: 'train' },
      runs.map(({ smoothLoss }, i) => ({ name: names[i]!, points: smoothLoss.points(), color: i })),
    ),
    ...[{ key: 'valLoss', title: 'Validation loss' }, ...panelsOf(runs)].flatMap(
      ({ key, ...options }, panel) => {
        const series = runs.flatMap((run, i) => seriesOf(run, key, names[i]!, i));
        return series.length === 0 ? [] : [lineChart({ ...options, id: `chart-${panel}` }, series)];
      },
    ),
  ];
  return `<div class="charts">\n${charts.join('\n')}\n</div>`;
}
