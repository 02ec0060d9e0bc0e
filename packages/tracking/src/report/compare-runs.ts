import { formatCount, formatDuration } from '@attune/runs';
import { htmlPage } from '../page/page.js';
import { escapeText } from '../page/escape.js';
import { chartsOfRuns } from './charts-of-run.js';
import { finalLoss } from './figures.js';
import { section, shownValue, table } from './html.js';
import type { RunOverview } from './overview.js';

/** A row of a comparison: a name, and what each run has under it. */
export interface ComparedRow {
  readonly name: string;
  /** In the order of the runs; `undefined` where a run has none. */
  readonly values: readonly unknown[];
}

/** How runs differ, and what came out. */
export interface RunComparison {
  readonly runs: readonly string[];
  /** Settings that are not the same in all of them. */
  readonly settings: readonly ComparedRow[];
  readonly results: readonly ComparedRow[];
}

/** The most settings that are compared. */
const MAX_SETTINGS = 200;

/** Compares runs by their settings and their losses. */
export function compareRuns(runs: readonly RunOverview[]): RunComparison {
  const keys = new Set(runs.flatMap(({ config }) => Object.keys(config)));
  const settings = [...keys]
    .map((name) => ({
      name,
      values: runs.map(({ config }) => (Object.hasOwn(config, name) ? config[name] : undefined)),
    }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
  const row = (name: string, value: (run: RunOverview) => unknown) => ({ name, values: runs.map(value) });
  return {
    runs: runs.map(({ path }) => path),
    settings: settings.slice(0, MAX_SETTINGS),
    results: [
      row('steps', ({ last }) => last?.step),
      row('tokens', ({ last }) => last?.tokens),
      row('seconds', ({ trainedMs }) => trainedMs / 1000),
      row('trainLoss', finalLoss),
      row('valLoss', ({ lastValLoss }) => lastValLoss?.value),
      row('lowestValLoss', ({ lowestValLoss }) => lowestValLoss?.value),
    ],
  };
}

const LABELS: Readonly<Record<string, readonly [label: string, show: (value: number) => string]>> = {
  steps: ['steps', formatCount],
  tokens: ['tokens', formatCount],
  seconds: ['time of the steps', formatDuration],
  trainLoss: ['train loss, moving average', (value) => value.toFixed(4)],
  valLoss: ['validation loss', (value) => value.toFixed(4)],
  lowestValLoss: ['lowest validation loss', (value) => value.toFixed(4)],
};

/** The rows of a comparison as text: settings, then results. */
export function comparedTexts({ settings, results }: RunComparison): readonly (readonly string[])[] {
  return [
    ...settings.map(({ name, values }) => [name, ...values.map(shownValue)]),
    ...results.map(({ name, values }) => {
      const [label, show] = LABELS[name]!;
      return [
        label,
        ...values.map((value) => (typeof value === 'number' && Number.isFinite(value) ? show(value) : '–')),
      ];
    }),
  ];
}

/** The beginning of the title of every comparison. */
const COMPARISON_TITLE = 'attune compare: ';

/** True if a file that begins like this is a comparison. */
export function isComparison(head: string): boolean {
  return head.startsWith('<!doctype html>') && head.includes(`<title>${COMPARISON_TITLE}`);
}

/** Runs beside each other as a page that needs nothing beside itself. */
export function comparisonPage(runs: readonly RunOverview[]): string {
  const comparison = compareRuns(runs);
  const title = `${COMPARISON_TITLE}${runs.length} runs`;
  return htmlPage({
    title,
    body: [
      `<h1>${escapeText(title)}</h1>`,
      section('Settings that differ, and losses', table(['', ...comparison.runs], comparedTexts(comparison))),
      section('Curves', chartsOfRuns(runs, comparison.runs)),
    ].join('\n'),
  });
}
