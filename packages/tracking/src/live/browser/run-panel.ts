import type { LiveInfo, LiveState } from '../messages.js';
import { byId, element, setText } from './dom.js';
import { bytes, count, duration, NOTHING, number, short } from './format.js';

const PHASES: Readonly<Record<LiveState['phase'], string>> = {
  preparing: 'Preparing',
  training: 'Training',
  saving: 'Saving',
  ended: 'Finished',
  interrupted: 'Interrupted',
  failed: 'Failed',
};

/** A run from which nothing has come for so long is said to be quiet: this, or several of its steps. */
const [QUIET_MS, QUIET_STEPS] = [20_000, 10];

/** The name of a folder. */
const nameOf = (path: string) => path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;

/** Shows what stays as it is. */
export function showInfo(info: LiveInfo): void {
  setText('title', info.path);
  byId('about').hidden = false;
  const { total, trainable } = info.parameters;
  const lines = [`backend  ${info.backend}`, ...info.description];
  if (trainable < total) lines.push(`trained  ${count(trainable)} of ${count(total)} parameters`);
  if (info.checkpoint !== null) lines.push(`from     ${info.checkpoint}`);
  setText('description', lines.join('\n'));
  byId('settings').replaceChildren(
    ...info.config.map(([name, value]) => {
      const entry = element('div');
      entry.append(element('dt', '', name), element('dd', '', value));
      return entry;
    }),
  );
}

/** Shows how the run stands. */
export function showState(state: LiveState, info: LiveInfo | undefined): void {
  showBanner(state, info);
  showFigures(state, info);
  const done = info ? Math.min(1, state.step / info.maxIters) : 0;
  byId('bar').style.width = `${100 * done}%`;
  byId('track').setAttribute('aria-valuenow', String(Math.round(100 * done)));
  const { warnings } = state;
  const list = byId('warnings');
  list.hidden = warnings.length === 0;
  const shown = [...list.children].map(({ textContent }) => textContent);
  if (shown.join('\n') !== warnings.join('\n'))
    list.replaceChildren(...warnings.map((text) => element('li', '', text)));
  const percent = `${Math.floor(100 * done)} %`;
  const progress = state.phase === 'training' ? percent : PHASES[state.phase];
  document.title = `${progress}${info ? ` · ${nameOf(info.path)}` : ''} · attune`;
}

function showBanner(
  { phase, reason, quietMs, stepMs, step, secondsLeft, checkpoint }: LiveState,
  info: LiveInfo | undefined,
): void {
  const isQuiet = phase === 'training' && quietMs > Math.max(QUIET_MS, QUIET_STEPS * (stepMs ?? 0));
  byId('banner').dataset['phase'] = isQuiet ? 'quiet' : phase;
  setText('phase', isQuiet ? 'Quiet' : PHASES[phase]);
  const left = secondsLeft === null || step === 0 ? '' : `, about ${duration(secondsLeft)} left`;
  const details: Record<LiveState['phase'], string> = {
    preparing: 'the model and the data',
    training: isQuiet
      ? `no step for ${duration(quietMs / 1000)}`
      : `step ${count(step)} of ${count(info?.maxIters ?? 0)}${left}`,
    saving: 'the model as it stands',
    ended: [reason, checkpoint && `last checkpoint ${nameOf(checkpoint)}`].filter(Boolean).join('; '),
    interrupted: reason ?? '',
    failed: reason ?? '',
  };
  setText('detail', details[phase]);
}

/** The server does not answer. What the page shows stays. */
export function showLost(state: LiveState | undefined): void {
  const isOver = state !== undefined && ['ended', 'interrupted', 'failed'].includes(state.phase);
  if (isOver)
    return setText(
      'detail',
      `${byId('detail').textContent?.replace(/ · .*/, '') ?? ''} · the server is closed, and this page stays as it is`,
    );
  byId('banner').dataset['phase'] = 'lost';
  setText('phase', 'Connection lost');
  setText('detail', 'trying again; the page shows what it heard last');
}

function showFigures(state: LiveState, info: LiveInfo | undefined): void {
  const { step, validation, lowest } = state;
  const figure = (id: string, value: string, note = '') => {
    setText(`figure-${id}`, value);
    setText(`note-${id}`, note);
  };
  const begun = step > 0;
  figure('loss', begun ? number(state.loss) : NOTHING, begun ? `learning rate ${number(state.lr)}` : '');
  figure(
    'validation',
    validation ? number(validation.loss) : NOTHING,
    lowest && lowest.step !== validation?.step
      ? `lowest ${number(lowest.loss)} at ${count(lowest.step)}`
      : validation
        ? `after step ${count(validation.step)}`
        : '',
  );
  figure(
    'step',
    begun ? count(step) : NOTHING,
    info ? `of ${count(info.maxIters)}, epoch ${(state.epoch ?? 0).toFixed(2)}` : '',
  );
  figure(
    'left',
    state.secondsLeft === null || !begun ? NOTHING : duration(state.secondsLeft),
    begun ? `trained for ${duration(state.trainedSeconds)}` : '',
  );
  figure('speed', short(state.tokensPerSecond), begun ? `${short(state.tokens)} tokens so far` : '');
  figure('gradient', begun ? number(state.gradNorm) : NOTHING, begun ? 'before clipping' : '');
  const { processBytes, deviceBytes } = state;
  figure(
    'memory',
    processBytes === null ? NOTHING : bytes(processBytes),
    deviceBytes === null ? '' : `${bytes(deviceBytes)} on the device`,
  );
}
