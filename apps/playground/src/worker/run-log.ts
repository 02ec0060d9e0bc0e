import type { StepMetrics } from '@attune/core';

/** A line of the log: a step's metrics, and what an evaluation after it gave. */
export interface LogLine extends StepMetrics {
  readonly valLoss?: number;
}

/** No loss is larger; a chart of larger ones has no ticks that differ. */
const MAX_LOSS = 1e9;

const isLoss = (value: unknown) => typeof value === 'number' && Math.abs(value) <= MAX_LOSS;

/** A line as it may be shown: a log may come from elsewhere, and may have been cut short. */
function lineOf(text: string): LogLine | undefined {
  let line: Partial<LogLine> | null;
  try {
    line = JSON.parse(text) as Partial<LogLine> | null;
  } catch {
    return undefined;
  }
  const right =
    Number.isSafeInteger(line?.step) && isLoss(line?.loss) && Number.isFinite(line?.tokensPerSecond);
  if (!right) return undefined;
  const { valLoss, ...metrics } = line as LogLine;
  return isLoss(valLoss) ? { ...metrics, valLoss: valLoss! } : metrics;
}

/** The lines of a log that can be shown, of steps up to one, each step once and after the one before it. */
export function parseLog(text: string, upTo: number): LogLine[] {
  const lines: LogLine[] = [];
  for (const part of text.split('\n')) {
    const line = part === '' ? undefined : lineOf(part);
    if (line && line.step > (lines.at(-1)?.step ?? 0) && line.step <= upTo) lines.push(line);
  }
  return lines;
}
