import { formatCount, formatDuration } from '@attune/runs';
import type { RunOverview, ValueAt } from './overview.js';

const loss = (value: number | undefined) => (Number.isFinite(value) ? value!.toFixed(4) : '–');

const at = (found: ValueAt | undefined) =>
  found ? `${loss(found.value)}, after step ${formatCount(found.step)}` : '–';

/** The train loss at the end: a moving average, which one batch does not decide. `undefined` without a step. */
export function finalLoss({ averages }: Pick<RunOverview, 'averages'>): number | undefined {
  const points = averages.get('loss')?.points() ?? [];
  return points.filter(([, y]) => !Number.isNaN(y)).at(-1)?.[1];
}

/** The results of a run, line by line. */
export function figuresOf(run: RunOverview): readonly (readonly [name: string, value: string])[] {
  const { last, trainedMs, record, skipped } = run;
  if (!last) return [['steps', 'none yet']];
  const seconds = trainedMs / 1000;
  const speed =
    seconds > 0 && Number.isFinite(last.tokens) ? `${formatCount(Math.round(last.tokens / seconds))}` : '–';
  return [
    ['steps', `${formatCount(last.step)}${skipped > 0 ? `, ${formatCount(skipped)} of them skipped` : ''}`],
    ['tokens trained', Number.isFinite(last.tokens) ? formatCount(last.tokens) : '–'],
    ['time of the steps', formatDuration(seconds)],
    ['tokens per second', speed],
    ['train loss', `${loss(last.loss)} (moving average ${loss(finalLoss(run))})`],
    ['validation loss', at(run.lastValLoss)],
    ['lowest', at(run.lowestValLoss)],
    ['backend', [...new Set(record?.sessions.map(({ backend }) => backend.name))].join(', ') || '–'],
  ];
}
