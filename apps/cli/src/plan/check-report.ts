import { plural } from '@attune/core';
import { formatBytes } from '@attune/runs';
import type { CheckedPlan, Comparison } from './check-run.js';
import { formatStep } from './plan-report.js';

function line(label: string, compared: Comparison | null, format: (value: number) => string, why: string) {
  if (!compared) return `${label.padEnd(14)}${why}`;
  const { predicted, measured, error } = compared;
  const percent = `${error > 0 ? '+' : ''}${(100 * error).toFixed(1)} %`;
  return `${label.padEnd(14)}predicted ${format(predicted)}, was ${format(measured)}: ${percent}`;
}

/** A checked plan, for people. */
export function formatChecked(checked: CheckedPlan): string {
  const { run, backend, peakBytes, stepMs, steps, basis, otherDevice } = checked;
  const how = basis === 'estimated' ? ' (the prediction is a rough one, from small models)' : '';
  return [
    `${run}, on ${backend}`,
    line('peak memory', peakBytes, formatBytes, 'the run did not record it'),
    line(
      'median step',
      stepMs,
      formatStep,
      steps > 0 ? 'no time is predicted' : 'the run has no step after its first',
    ) + (stepMs ? `, of ${plural(steps, 'step')}${how}` : ''),
    ...(otherDevice === null
      ? []
      : [`The run was on another device, ${otherDevice}: its figures are not this machine's.`]),
    '',
  ].join('\n');
}
