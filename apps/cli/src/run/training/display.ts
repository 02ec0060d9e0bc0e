import type { StepMetrics } from '@attune/core';
import { formatBytes, formatCount, formatDuration } from '@attune/runs';
import { MultiBar } from 'cli-progress';
import type { Context } from '../../environment/context.js';
import { colorsFor, type Colors } from '../../printing/colors.js';
import { withoutControls } from '../../printing/printable.js';
import type { Printer } from '../../printing/printer.js';
import { wrapText } from '../../printing/wrap-text.js';

/** The figures of a step that are shown. */
export interface Progress {
  readonly metrics: StepMetrics;
  readonly secondsLeft: number;
  /** Resident memory of the process. */
  readonly processBytes: number;
  /** The memory in use on the backend. */
  readonly deviceBytes: number;
}

/** Shows the progress of a run: a progress bar on a terminal, plain lines elsewhere. */
export interface Display {
  step(progress: Progress): void;
  /** Text that stays. */
  print(text: string): void;
  /** Leaves the terminal as it was found. */
  stop(): void;
}

/** Narrowest and widest bar. */
const [MIN_BAR, MAX_BAR] = [6, 20];

function columns({ metrics, secondsLeft, processBytes, deviceBytes }: Progress, total: number) {
  return {
    count: `${metrics.step}/${total}`,
    loss: `loss ${metrics.loss.toFixed(4)}`,
    lr: `lr ${metrics.lr.toExponential(2)}`,
    speed: `${formatCount(metrics.tokensPerSecond)} tok/s`,
    timeLeft: `ETA ${formatDuration(secondsLeft)}`,
    memory: formatBytes(processBytes),
    device: ` (device ${formatBytes(deviceBytes)})`,
  };
}

/**
 * A step on one line, and the columns that are left for a bar. On a narrow terminal, first the memory of the device goes,
 * then the learning rate, the speed and the time left.
 */
function fittingLine(progress: Progress, total: number, width: number): { text: string; bar: number } {
  const { count, loss, lr, speed, timeLeft, memory, device } = columns(progress, total);
  const lines = [
    [count, loss, lr, speed, timeLeft, memory + device],
    [count, loss, lr, speed, timeLeft, memory],
    [count, loss, speed, timeLeft, memory],
    [count, loss, timeLeft, memory],
    [count, loss, memory],
    [count, loss],
  ].map((parts) => parts.join('  '));
  const roomFor = (text: string) => width - text.length - 1;
  const withBar = lines.slice(0, 2).find((text) => roomFor(text) >= MIN_BAR);
  if (withBar !== undefined) return { text: withBar, bar: Math.min(MAX_BAR, roomFor(withBar)) };
  return { text: lines.find((text) => text.length <= width) ?? count, bar: 0 };
}

/** A line that redraws itself; others scroll above it. */
function barDisplay(output: Printer, total: number, colors: Colors): Display {
  // The last column stays free: some terminals begin a new line when it is written to.
  const width = () => (output.columns ?? 80) - 1;
  let shown: Progress | undefined;
  const format = () => {
    if (!shown) return '';
    const { text, bar } = fittingLine(shown, total, width());
    if (bar === 0) return text;
    const done = Math.round(bar * Math.min(1, shown.metrics.step / total));
    return `${colors.cyan('█'.repeat(done) + '░'.repeat(bar - done)).codes} ${text}`;
  };
  const bars = new MultiBar({
    stream: output.stream as NodeJS.WriteStream,
    format,
    // Ctrl-C belongs to the command, which stops the display when the run has ended.
    gracefulExit: false,
  });
  let bar: ReturnType<MultiBar['create']> | undefined;
  return {
    step(progress) {
      shown = progress;
      bar ??= bars.create(total, 0);
      bar.update(progress.metrics.step);
    },
    print(text) {
      const wrapped = wrapText(withoutControls(text), width());
      if (bar) bars.log(`${wrapped}\n`);
      else output.write(`${wrapped}\n`);
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
function lineDisplay(output: Printer, total: number, interval: number): Display {
  return {
    step(progress) {
      const { step } = progress.metrics;
      if (step !== 1 && step % interval !== 0 && step !== total) return;
      const { count, loss, lr, speed, timeLeft, memory, device } = columns(progress, total);
      output.write(`${[`step ${count}`, loss, lr, speed, timeLeft, memory + device].join('  ')}\n`);
    },
    print: (text) => void output.write(`${text}\n`),
    stop: () => undefined,
  };
}

/** A bar on a terminal, lines elsewhere. */
export function createDisplay(
  output: Printer,
  { total, logInterval }: { readonly total: number; readonly logInterval: number },
  context: Pick<Context, 'env'>,
): Display {
  return output.isTTY
    ? barDisplay(output, total, colorsFor(output, context))
    : lineDisplay(output, total, logInterval);
}
