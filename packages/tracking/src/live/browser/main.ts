import type { LiveInfo, LiveState } from '../messages.js';
import { ChartPanel } from './chart-panel.js';
import { RowPanel } from './row-panel.js';
import { showInfo, showLost, showState } from './run-panel.js';
import { SamplePanel } from './sample-panel.js';

/** Milliseconds between attempts to connect. */
const RETRY_MS = 2000;

const charts = new ChartPanel();
const samples = new SamplePanel();
const rows = new RowPanel();
let info: LiveInfo | undefined;
let state: LiveState | undefined;

/** Follows the run. Each state stands for itself, so that after a gap nothing is missing. */
function connect(): void {
  const events = new EventSource('events');
  events.addEventListener('info', (event: MessageEvent<string>) => {
    info = JSON.parse(event.data) as LiveInfo;
    showInfo(info);
  });
  events.addEventListener('state', (event: MessageEvent<string>) => {
    state = JSON.parse(event.data) as LiveState;
    showState(state, info);
    const isOver = state.closes || ['ended', 'interrupted', 'failed'].includes(state.phase);
    charts.update(state.revision, isOver);
    void samples.update(state.newestSample, state.drawing);
    void rows.update(info?.hasRows ?? false);
    if (!state.closes) return;
    events.close();
    showLost(state);
  });
  events.addEventListener('error', () => {
    showLost(state);
    // A browser that was refused gives up; one whose connection broke tries again by itself.
    if (events.readyState !== EventSource.CLOSED) return;
    setTimeout(connect, RETRY_MS);
  });
}

connect();
