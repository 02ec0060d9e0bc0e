import type { StepMetrics } from '@attune/core';
import type { Folder } from '@attune/files';
import { readMetrics } from '@attune/runs';

/** No loss is larger; a chart of larger ones has no ticks that differ. */
const MAX_LOSS = 1e9;

const isLoss = (value: unknown) => typeof value === 'number' && Math.abs(value) <= MAX_LOSS;

/** A line as it may be shown: a log may come from elsewhere. */
function shownLine({ valLoss, ...metrics }: StepMetrics): StepMetrics | undefined {
  if (!isLoss(metrics.loss) || !Number.isFinite(metrics.tokensPerSecond)) return undefined;
  return isLoss(valLoss) ? { ...metrics, valLoss } : metrics;
}

/** The lines of a run's log that can be shown, of steps up to one, each step once and after the one before it. */
export async function readLog(run: Folder, upTo: number): Promise<StepMetrics[]> {
  const lines: StepMetrics[] = [];
  for await (const metrics of readMetrics(run)) {
    const line = shownLine(metrics);
    if (line && line.step > (lines.at(-1)?.step ?? 0) && line.step <= upTo) lines.push(line);
  }
  return lines;
}
