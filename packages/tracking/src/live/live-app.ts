import { Hono, type Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { liveCharts, type ChartView } from './live-charts.js';
import { livePage, livePolicy } from './live-page.js';
import type { LiveRun } from './live-run.js';
import { AXES, SMOOTHINGS, type LiveCharts } from './messages.js';

/** The parts of a page's server. */
export interface LiveAppOptions {
  readonly run: LiveRun;
  /**
   * The first part of the path of every address: only who was told it gets an answer. A port of this machine is open to all
   * its users, and samples and rows may be private.
   */
  readonly key: string;
  /** The modules of the page's script, by file name. */
  readonly scripts: Readonly<Record<string, string>>;
}

/** Milliseconds between two states that a page is sent, and without news. */
const [STATE_INTERVAL, HEARTBEAT] = [250, 10_000];

/** Pages that are served at once. */
const MAX_PAGES = 32;

/** Drawing charts takes at most this share of the time, and pages get them no sooner than after so many milliseconds. */
const [DRAWING_SHARE, CHART_INTERVAL] = [0.02, 1000];

/** Views that are kept as drawn. */
const MAX_VIEWS = 16;

/** The app, and what its server has to know. */
export interface LiveApp {
  fetch(request: Request): Response | Promise<Response>;
  /** Pages that are connected. */
  readonly pages: number;
}

/**
 * Serves a page that shows a run as it goes. Every answer is made from what the run keeps, so that a page which was away
 * misses nothing, and a slow one holds up nobody.
 */
export function liveApp({ run, key, scripts }: LiveAppOptions): LiveApp {
  let pages = 0;
  const drawn = new DrawnCharts(run);
  const app = new Hono();
  const at = `/${key}`;
  app.use(async (c, next) => {
    await next();
    c.header('content-security-policy', livePolicy);
    c.header('cache-control', 'no-store');
    c.header('x-content-type-options', 'nosniff');
    c.header('referrer-policy', 'no-referrer');
    c.header('cross-origin-resource-policy', 'same-origin');
  });
  app.get(at, (c) => c.redirect(`${at}/`));
  app.get(`${at}/`, (c) => c.html(livePage));
  app.get(`${at}/charts`, (c) => {
    const view = viewOf(c);
    return view ? c.json(drawn.charts(view)) : c.text('There is no such view.', 400);
  });
  app.get(`${at}/samples`, (c) => c.json(run.samples.after(Number(c.req.query('after') ?? 0))));
  app.get(`${at}/rows`, async (c) => c.json(await run.rows()));
  app.get(`${at}/events`, (c) => {
    if (pages >= MAX_PAGES) return c.text('Too many pages watch this run.', 503);
    pages++;
    let isThere = true;
    const leave = () => {
      if (isThere) pages--;
      isThere = false;
    };
    return streamSSE(c, async (stream) => {
      stream.onAbort(leave);
      try {
        let told: unknown;
        while (!stream.aborted) {
          const { changes, info } = run;
          if (info && info !== told) await stream.writeSSE({ event: 'info', data: JSON.stringify(info) });
          told = info;
          const state = run.state();
          await stream.writeSSE({ event: 'state', data: JSON.stringify(state) });
          if (state.closes) return;
          await stream.sleep(STATE_INTERVAL);
          await run.news(changes, HEARTBEAT);
        }
      } finally {
        leave();
      }
    });
  });
  app.get(`${at}/:name`, (c) => {
    const script = Object.hasOwn(scripts, c.req.param('name')) && scripts[c.req.param('name')];
    if (typeof script !== 'string') return c.notFound();
    return c.body(script, 200, { 'content-type': 'text/javascript; charset=utf-8' });
  });
  app.notFound((c) =>
    c.text('There is nothing here. Open the address that attune printed, with all of its path.', 404),
  );
  return {
    fetch: (request) => app.fetch(request),
    get pages() {
      return pages;
    },
  };
}

/** The view that a request asks for; `undefined` if there is none such. */
function viewOf(c: Context): ChartView | undefined {
  const { x = 'step', smooth = 'none', log = '0', from, to } = c.req.query();
  const axis = AXES.find((name) => name === x);
  const smoothing = SMOOTHINGS.find((name) => name === smooth);
  const [low, high] = [from, to].map((end) => (end === undefined ? undefined : Number(end)));
  if (!axis || !smoothing || Number.isNaN(low) || Number.isNaN(high)) return undefined;
  return { axis, smoothing, log: log === '1', from: low, to: high };
}

/** Charts by view, drawn again when there are new steps. */
class DrawnCharts {
  private readonly views = new Map<string, LiveCharts>();

  constructor(private readonly run: LiveRun) {}

  charts(view: ChartView): LiveCharts {
    const { history } = this.run;
    const name = JSON.stringify(view);
    const known = this.views.get(name);
    if (known?.revision === history.step) return known;
    if (this.views.size >= MAX_VIEWS) this.views.clear();
    const begin = Date.now();
    const charts = liveCharts(history, view);
    const waitMs = Math.max(CHART_INTERVAL, (Date.now() - begin) / DRAWING_SHARE);
    const made = { revision: history.step, charts, waitMs };
    this.views.set(name, made);
    return made;
  }
}
