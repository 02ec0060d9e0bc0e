/**
 * Curves of training runs: a live page, reports, TensorBoard event files, CSV and plots in the terminal.
 *
 * @packageDocumentation
 */
export { axisOf, type Axis, type ScaleKind } from './charts/axis.js';
export { lineChart, type ChartOptions, type ChartSeries } from './charts/line-chart.js';
export { isDrawable, type Point } from './charts/point.js';
export { Smoother } from './charts/smoother.js';
export { ThinnedCurve } from './charts/thinned-curve.js';
export { CurveHistory, SmoothedCurve, type MemoryUse } from './live/curve-history.js';
export { KeptSamples } from './live/kept-samples.js';
export { liveApp, type LiveApp, type LiveAppOptions } from './live/live-app.js';
export { LiveRun, type LiveRunOptions } from './live/live-run.js';
export {
  AXES,
  SMOOTHINGS,
  type AxisName,
  type LiveInfo,
  type LiveRow,
  type LiveSample,
  type LiveState,
  type Phase,
  type Smoothing,
} from './live/messages.js';
export { escapeMarkup, escapeName, escapeText, shortName } from './page/escape.js';
export { htmlPage, pagePolicy, type PageContents } from './page/page.js';
export { PAGE_STYLE } from './page/style.js';
export { runCsv } from './csv/run-csv.js';
export { COLUMNS, readings, type Column, type Reading } from './metrics/columns.js';
export { openRunLog, type RunLog, type RunSample } from './metrics/run-log.js';
export { isEventFile, replaceEventFiles } from './tensorboard/event-files.js';
export { EventWriter } from './tensorboard/event-writer.js';
export { runEvents, sampleEvent, stepEvent, type EventsEnd } from './tensorboard/run-events.js';
export {
  compareRuns,
  comparedTexts,
  comparisonPage,
  isComparison,
  type ComparedRow,
  type RunComparison,
} from './report/compare-runs.js';
export { figuresOf, finalLoss } from './report/figures.js';
export { readOverview, type RunOverview, type ValueAt } from './report/overview.js';
export { isReport, reportPage } from './report/report-page.js';
export { terminalPlot, type PlotOptions, type PlotSeries } from './terminal/plot.js';
