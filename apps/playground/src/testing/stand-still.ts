import type { Page } from '@attune/browser-harness';
import type { Report, Request } from '../protocol.js';

interface WorkerScope {
  postMessage(report: Report): void;
  goOn(): void;
}

/**
 * Has the worker stand still when it has told of a step, or of a piece of an answer, so that what a test does meanwhile is in
 * time on every machine. It still hears the page: it goes on when it is told to stop, or when {@link goOn} is called. The step
 * after the one that was told of is done by then.
 */
export async function standStillAfter(
  page: Page,
  kind: 'step' | 'tuneStep' | 'answerPiece',
  step = 0,
): Promise<void> {
  const [worker] = page.workers();
  const asked = { kind, step, stops: ['pause', 'stopTuning', 'stopAnswer'] satisfies Request['kind'][] };
  await worker!.evaluate(({ kind, step, stops }) => {
    const scope = globalThis as unknown as WorkerScope;
    const { postMessage: report } = scope;
    const { postMessage: send } = MessagePort.prototype;
    let isStill = false;
    const waiting: (() => void)[] = [];
    scope.postMessage = (message) => {
      report.call(scope, message);
      if (message.kind === kind && (!('metrics' in message) || message.metrics.step >= step)) isStill = true;
    };
    // After each step and each token, the worker waits for a message that it sends to itself.
    MessagePort.prototype.postMessage = function (message: unknown) {
      if (isStill) waiting.push(() => send.call(this, message));
      else send.call(this, message);
    };
    scope.goOn = () => {
      scope.postMessage = report;
      MessagePort.prototype.postMessage = send;
      for (const go of waiting.splice(0)) go();
    };
    addEventListener('message', ({ data }: MessageEvent<Request>) => {
      if ((stops as string[]).includes(data.kind)) scope.goOn();
    });
  }, asked);
}

/** Has a worker that stands still go on. */
export async function goOn(page: Page): Promise<void> {
  const [worker] = page.workers();
  await worker!.evaluate(() => (globalThis as unknown as WorkerScope).goOn());
}
