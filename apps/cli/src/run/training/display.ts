import type { StepMetrics } from '@attune/core';
import { MultiBar } from 'cli-progress';
import { colorsFor } from '../../colors.js';
import type { Context, Output } from '../../context.js';
import { formatBytes, formatCount, formatDuration } from '../format.js';

/** How a step is shown. */
export interface Progress {
  readonly metrics: StepMetrics;
  readonly secondsLeft: number;
  /** Resident memory of the process. */
  readonly processBytes: number;
  /** What the backend holds. */
  readonly deviceBytes: number;
}

/** Where a run tells people how it goes. */
export interface Display {
  step(progress: Progress): void;
  /** Text that stays. */
  print(text: string): void;
  /** Leaves the terminal as it was found. */
  stop(): void;
}

const FORMAT = '{bar} {value}/{total}  loss {loss}  lr {lr}  {speed} tok/s  ETA {timeLeft}  {memory}';

function columns({ metrics, secondsLeft, processBytes, deviceBytes }: Progress) {
  return {
    loss: metrics.loss.toFixed(4),
    lr: metrics.lr.toExponential(2),
    speed: formatCount(metrics.tokensPerSecond),
    timeLeft: formatDuration(secondsLeft),
    memory: `${formatBytes(processBytes)} (device ${formatBytes(deviceBytes)})`,
  };
}

/** A bar that redraws itself; lines scroll above it. */
function barDisplay(output: Output, total: number, colors: ReturnType<typeof colorsFor>): Display {
  const bars = new MultiBar({
    stream: output as NodeJS.WriteStream,
    format: FORMAT.replace('{bar}', colors.cyan('{bar}')),
    barsize: 20,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    // Ctrl-C belongs to the command, which stops the display when the run has ended.
    gracefulExit: false,
  });
  let bar: ReturnType<MultiBar['create']> | undefined;
  return {
    step(progress) {
      const shown = columns(progress);
      bar ??= bars.create(total, 0, shown);
      bar.update(progress.metrics.step, shown);
    },
    print(text) {
      if (bar) bars.log(`${text}\n`);
      else output.write(`${text}\n`);
    },
    stop() {
      if (!bar) return;
      bar = undefined;
      bars.update();
      bars.stop();
    },
  };
}

/** A line now and then: for logs and pipes. */
function lineDisplay(output: Output, total: number, interval: number): Display {
  return {
    step(progress) {
      const { step } = progress.metrics;
      if (step !== 1 && step % interval !== 0 && step !== total) return;
      const { loss, lr, speed, timeLeft, memory } = columns(progress);
      output.write(
        `step ${step}/${total}  loss ${loss}  lr ${lr}  ${speed} tok/s  ETA ${timeLeft}  ${memory}\n`,
      );
    },
    print: (text) => void output.write(`${text}\n`),
    stop: () => undefined,
  };
}

/** A bar on a terminal, lines elsewhere. */
export function createDisplay(
  output: Output,
  { total, logInterval }: { readonly total: number; readonly logInterval: number },
  context: Pick<Context, 'env'>,
): Display {
  return output.isTTY
    ? barDisplay(output, total, colorsFor(output, context))
    : lineDisplay(output, total, logInterval);
}
