import { htmlPage, pagePolicy } from '../page/page.js';
import { LIVE_STYLE } from './live-style.js';
import type { AxisName, Smoothing } from './messages.js';

const AXIS_TITLES: Readonly<Record<AxisName, string>> = { step: 'steps', tokens: 'tokens', time: 'time' };
const SMOOTHING_TITLES: Readonly<Record<Smoothing, string>> = {
  none: 'none',
  light: 'light, 10 steps',
  medium: 'medium, 50 steps',
  strong: 'strong, 200 steps',
};

const axes = Object.entries(AXIS_TITLES).map(
  ([name, title]) =>
    `<label><input type="radio" name="x" value="${name}"${name === 'step' ? ' checked' : ''}><span>${title}</span></label>`,
);
const smoothings = Object.entries(SMOOTHING_TITLES).map(
  ([name, title]) => `<option value="${name}"${name === 'light' ? ' selected' : ''}>${title}</option>`,
);

/** Name and id of each figure. */
const FIGURES = [
  ['Loss', 'loss'],
  ['Validation', 'validation'],
  ['Step', 'step'],
  ['Time left', 'left'],
  ['Tokens per second', 'speed'],
  ['Gradient norm', 'gradient'],
  ['Memory', 'memory'],
] as const;

const figures = FIGURES.map(
  ([name, id]) =>
    `<div><dt>${name}</dt><dd id="figure-${id}">–</dd><dd class="note" id="note-${id}"></dd></div>`,
);

const contents = {
  title: 'attune',
  style: LIVE_STYLE,
  scripts: ['main.js'],
  body: `<header>
<p class="mark">attune</p>
<h1 id="title">A run</h1>
<p class="banner" id="banner" data-phase="connecting" role="status"><span class="dot" aria-hidden="true"></span><span id="phase">Connecting</span><span class="faint" id="detail"></span></p>
</header>
<noscript><p class="warnings">This page needs JavaScript: its own script, and no other. Without it, <code>attune report</code> draws the same curves into a file.</p></noscript>
<div class="track" id="track" role="progressbar" aria-label="Steps done" aria-valuemin="0" aria-valuemax="100"><div id="bar"></div></div>
<ul class="warnings" id="warnings" hidden></ul>
<dl class="figures">
${figures.join('\n')}
</dl>
<form class="controls" id="controls">
<fieldset><legend>Over</legend><div class="choice">${axes.join('')}</div></fieldset>
<label>Smoothing <select name="smooth">${smoothings.join('')}</select></label>
<label class="check"><input type="checkbox" name="log"> logarithmic</label>
<button type="button" id="whole" hidden>Show all</button>
<p class="faint hint">Point at a curve to read it, drag to look into a part; or Tab to it, and ← → + − Esc.</p>
</form>
<section class="charts" id="charts" aria-label="Curves"></section>
<div class="pair">
<section id="samples"><h2>What the model writes</h2>
<p class="faint" id="no-sample">Its first sample comes with the first evaluation.</p>
<div id="sample" hidden>
<div class="scrub"><button type="button" id="earlier" aria-label="Earlier sample">‹</button><input type="range" id="which" min="0" max="0" value="0" aria-label="Sample"><button type="button" id="later" aria-label="Later sample">›</button><output id="of-step" for="which"></output></div>
<pre id="sample-text" dir="auto"></pre>
</div>
</section>
<section id="rows" hidden><h2>What it is trained on</h2>
<div class="scrub"><button type="button" id="row-before" aria-label="Row before">‹</button><output id="of-row"></output><button type="button" id="row-after" aria-label="Row after">›</button></div>
<pre id="row-text" class="tokens" dir="auto"></pre>
<p class="legend"><span class="t trained">trained</span> <span class="t untrained">only read</span> <span class="t lighter">weight below 1</span> <span class="t heavier">above 1</span></p>
</section>
</div>
<section id="about" hidden><h2>The run</h2>
<pre id="description"></pre>
<details><summary>All settings</summary><dl class="settings" id="settings"></dl></details>
</section>`,
};

/** The page, which its script fills. */
export const livePage = htmlPage(contents);

/** As a header, it can also forbid to be framed. */
export const livePolicy = `${pagePolicy(contents)}; frame-ancestors 'none'`;
