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

/** The curve of a key, or its average; with dots where it has few points. */
function seriesOf(
  { curves, averages }: RunOverview,
  key: string,
  name: string,
  color: number,
): ChartSeries[] {
  const points = (averages.get(key) ?? curves.get(key))?.points() ?? [];
  return points.length === 0 ? [] : [{ name, points, color, drawn: points.length <= DOTS ? 'dots' : 'line' }];
}

/** The curve behind an average: each step. */
function eachStep({ curves, averages }: RunOverview, key: string): ChartSeries[] {
  const points = (averages.has(key) ? curves.get(key)?.points() : undefined) ?? [];
  return points.length <= DOTS ? [] : [{ name: 'each step', points, color: 0, drawn: 'pale' }];
}

/** The charts of a run: losses first. */
export function chartsOfRun(run: RunOverview): string {
  const charts = [
    lineChart({ title: 'Loss', id: 'loss' }, [
      ...eachStep(run, 'loss'),
      ...seriesOf(run, 'loss', 'train, moving average', 0),
      ...seriesOf(run, 'valLoss', 'validation', 1),
    ]),
    ...panelsOf([run]).flatMap(({ key, ...options }, i) => {
      const name = run.averages.has(key) ? 'moving average' : options.title;
      const series = seriesOf(run, key, name, 0);
      return series.length === 0
        ? []
        : [lineChart({ ...options, id: `chart-${i}` }, [...eachStep(run, key), ...series])];
    }),
  ];
  return `<div class="charts">\n${charts.join('\n')}\n</div>`;
}

/** The charts of several runs, each in a colour of its own. */
export function chartsOfRuns(runs: readonly RunOverview[], names: readonly string[]): string {
  const charts = [
    lineChart(
      { title: 'Train loss, moving average', id: 'train' },
      runs.flatMap((run, i) => seriesOf(run, 'loss', names[i]!, i)),
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
