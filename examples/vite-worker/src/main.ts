/** The page: starts and stops the worker, and shows what it reports. */
import type { Report, Request } from './messages.js';

const STEPS = Number(new URLSearchParams(location.search).get('steps') ?? 400);
const LARGEST_LOSS = 5;

function element<T extends Element>(selector: string): T {
  const found = document.querySelector<T>(selector);
  if (!found) throw new Error(`The page has no ${selector}.`);
  return found;
}

const [start, stop] = [element<HTMLButtonElement>('#start'), element<HTMLButtonElement>('#stop')];
const [status, sample] = [element('#status'), element('#sample')];
const progress = element<HTMLProgressElement>('#progress');
const line = element('#chart polyline');

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const send = (request: Request): void => worker.postMessage(request);

let device = '';
let points: string[] = [];

function running(isRunning: boolean): void {
  start.disabled = isRunning;
  stop.disabled = !isRunning;
}

worker.addEventListener('message', ({ data }: MessageEvent<Report>) => {
  switch (data.kind) {
    case 'device':
      device = data.description;
      break;
    case 'step':
      progress.value = data.step / STEPS;
      points.push(`${(600 * data.step) / STEPS},${200 - (200 * data.loss) / LARGEST_LOSS}`);
      line.setAttribute('points', points.join(' '));
      status.textContent =
        `Step ${data.step} of ${STEPS}, loss ${data.loss.toFixed(3)}, ` +
        `${Math.round(data.tokensPerSecond)} tokens/s, on ${device}`;
      break;
    case 'sample':
      sample.textContent = data.text;
      break;
    case 'finished':
      running(false);
      break;
    case 'failed':
      status.textContent = data.message;
      running(false);
  }
});

start.addEventListener('click', () => {
  points = [];
  running(true);
  status.textContent = 'Starting…';
  send({ kind: 'train', steps: STEPS });
});
stop.addEventListener('click', () => send({ kind: 'stop' }));
