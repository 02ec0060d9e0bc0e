import { formatCount } from '@attune/runs';
import { escapeName, escapeText } from '../page/escape.js';
import { htmlPage } from '../page/page.js';
import { chartsOfRun } from './charts-of-run.js';
import { figuresOf } from './figures.js';
import { facts, section, shownValue, table, verbatim } from './html.js';
import { spread, type RunOverview } from './overview.js';

/** The beginning of the title of every report. */
const REPORT_TITLE = 'attune report: ';

/** True if a file that begins like this is a report. */
export function isReport(head: string): boolean {
  return head.startsWith('<!doctype html>') && head.includes(`<title>${REPORT_TITLE}`);
}

/** The most rows of the table of evaluations. */
const MAX_EVALUATIONS = 20;

function evaluations({ curves }: RunOverview): string {
  const perplexities = new Map(curves.get('perplexity')?.points());
  const points = spread(curves.get('valLoss')?.points() ?? [], MAX_EVALUATIONS);
  const shown = (value: number | undefined, digits: number) =>
    Number.isFinite(value) ? value!.toFixed(digits) : '–';
  return table(
    ['step', 'validation loss', 'perplexity'],
    points.map(([step, loss]) => [formatCount(step), shown(loss, 4), shown(perplexities.get(step), 2)]),
  );
}

function sessions({ record }: RunOverview): string {
  return table(
    ['from step', 'began', 'backend', 'device', 'engine', 'attune', 'Node', 'platform'],
    spread(record?.sessions ?? [], 50).map(({ fromStep, startedAt, backend, versions }) => [
      formatCount(fromStep),
      startedAt,
      backend.name,
      backend.device,
      backend.engine
        ? `${backend.engine.name} ${backend.engine.version} ${backend.engine.isa ?? ''}`.trim()
        : '–',
      versions.attune,
      versions.node,
      versions.platform,
    ]),
  );
}

function data({ record }: RunOverview): string {
  if (!record) return '';
  const { path, trainTokens, hashes } = record.data;
  return facts([
    ['path', path ?? 'the embedded stories'],
    ['tokens for training', formatCount(trainTokens)],
    ['hash of the training data', hashes.train],
    ['hash of the validation data', hashes.val ?? 'there is none'],
    ...(record.base === undefined ? [] : ([['SHA-256 of the weights it began with', record.base]] as const)),
  ]);
}

function samples({ samples: shown, sampleCount }: RunOverview): string {
  const texts = shown.map(
    ({ step, text }, i) =>
      `<details${i === shown.length - 1 ? ' open' : ''}><summary>after step ${formatCount(step)}</summary>${verbatim(text)}</details>`,
  );
  const rest = sampleCount - shown.length;
  return [
    ...texts,
    ...(rest > 0 ? [`<p class="faint">${formatCount(rest)} more are in the run's folder.</p>`] : []),
  ].join('\n');
}

function command({ command: name, configText }: RunOverview): string {
  if (configText === undefined) return '';
  return (
    `<p>With the text below as <code>config.yaml</code>, and the same data at the same path:</p>\n` +
    `<pre>attune ${escapeText(name)} --config config.yaml --out runs/again</pre>\n` +
    `<details><summary>config.yaml</summary>${verbatim(configText)}</details>`
  );
}

/** The report of a run as a page that needs nothing beside itself. Every text of the run is escaped, and none is run. */
export function reportPage(run: RunOverview): string {
  const title = `${REPORT_TITLE}${run.path}`;
  const settings = Object.entries(run.config).slice(0, 200);
  return htmlPage({
    title,
    style: REPORT_STYLE,
    body: [
      `<h1>${escapeName(title)}</h1>`,
      ...(run.unread.length > 0
        ? [
            `<p class="warn">Not shown, since missing or damaged: ${escapeText(run.unread.join(' and '))}.</p>`,
          ]
        : []),
      facts(figuresOf(run)),
      section('Curves', chartsOfRun(run)),
      section('Evaluations', evaluations(run)),
      section('Samples', samples(run)),
      section('Data', data(run)),
      section('Sessions', sessions(run)),
      section(
        'Checkpoints',
        run.checkpoints.length > 0 ? `<p>${escapeText(run.checkpoints.join(', '))}</p>` : '',
      ),
      section('Settings', facts(settings.map(([key, value]) => [key, shownValue(value)]))),
      section('Do it again', command(run)),
    ]
      .filter(Boolean)
      .join('\n'),
  });
}

const REPORT_STYLE = `
p.warn { color: var(--warn); } details { margin: 0.4rem 0; } summary { cursor: pointer; color: var(--faint); margin-bottom: 0.3rem; }
`;
