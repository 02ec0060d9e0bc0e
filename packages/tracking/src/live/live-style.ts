/** The style of the live page, beside that of all pages. */
export const LIVE_STYLE = `
:root { --trained: light-dark(#b7ebc3, #14532d); --lighter: light-dark(#fff0b3, #5c4a00);
  --heavier: light-dark(#ecd0ff, #581c87); --good: light-dark(#15803d, #5fd38a); --bad: light-dark(#b42318, #ff8a7a);
  --accent: light-dark(#0b62b8, #6cb2ff); }
body { max-width: 150rem; margin: 0 auto; padding: 1.4rem clamp(0.8rem, 2.5vw, 3rem) 3rem; }
[hidden] { display: none !important; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
header { display: grid; grid-template-columns: auto 1fr; gap: 0.1rem 0.8rem; align-items: baseline; }
.mark { margin: 0; color: var(--faint); letter-spacing: 0.04em; }
h1 { margin: 0; font-size: 1.25rem; font-weight: 650; }
.banner { grid-column: 1 / -1; margin: 0.3rem 0 0; display: flex; flex-wrap: wrap; gap: 0 0.6rem; align-items: baseline;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.banner .dot { width: 0.6rem; height: 0.6rem; border-radius: 50%; background: var(--faint); align-self: center; }
#phase { font-weight: 600; }
[data-phase="training"] .dot { background: var(--good); animation: breathe 2.4s ease-in-out infinite; }
[data-phase="saving"] .dot, [data-phase="preparing"] .dot { background: var(--accent); animation: breathe 2.4s ease-in-out infinite; }
[data-phase="ended"] .dot { background: var(--good); }
[data-phase="failed"] .dot { background: var(--bad); }
[data-phase="failed"] #phase { color: var(--bad); }
[data-phase="interrupted"] .dot, [data-phase="lost"] .dot, [data-phase="quiet"] .dot { background: var(--warn); }
[data-phase="lost"] #phase, [data-phase="quiet"] #phase { color: var(--warn); }
@keyframes breathe { 50% { opacity: 0.35; } }
.track { height: 4px; margin: 0.9rem 0 1.1rem; border-radius: 2px; background: var(--grid); overflow: hidden; }
#bar { height: 100%; width: 0; border-radius: 2px; background: var(--accent); transition: width 0.4s ease-out; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 0.9rem 1.2rem; margin: 0 0 1.2rem; }
.figures dt { color: var(--faint); font-size: 0.8rem; }
.figures dd { margin: 0; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.3;
  white-space: nowrap; }
.figures .note { min-height: 1.3em; font-size: 0.8rem; font-weight: 400; color: var(--faint); white-space: normal; }
.controls { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: 0.5rem 1.3rem; align-items: center;
  margin: 0 0 0.8rem; padding: 0.55rem 0; background: var(--paper); border-bottom: 1px solid var(--line);
  font-size: 0.9rem; }
.controls fieldset { display: flex; align-items: center; gap: 0.5rem; margin: 0; padding: 0; border: 0; }
.controls legend { float: left; padding: 0; }
.choice { display: flex; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.choice input { position: absolute; opacity: 0; }
.choice span { display: block; padding: 0.2rem 0.7rem; cursor: pointer; }
.choice label + label { border-left: 1px solid var(--line); }
.choice :checked + span { background: var(--accent); color: var(--paper); }
.choice :focus-visible + span { outline: 2px solid var(--accent); outline-offset: -4px; outline-color: var(--ink); }
.check { display: flex; gap: 0.4rem; align-items: center; }
select, button { font: inherit; color: inherit; background: var(--mild); border: 1px solid var(--line); border-radius: 6px;
  padding: 0.2rem 0.6rem; }
button { cursor: pointer; }
button:disabled { opacity: 0.4; cursor: default; }
input[type="range"], input[type="checkbox"] { accent-color: var(--accent); }
.hint { flex: 1 1 16rem; margin: 0; text-align: right; font-size: 0.8rem; }
.charts { grid-template-columns: minmax(0, 1fr); }
.plot { position: relative; min-width: 0; touch-action: pan-y; border-radius: 6px; }
.plot figure.chart { height: 100%; display: flex; flex-direction: column; }
.plot figure.chart > svg { flex: 1 0 auto; height: 11.5rem; }
.plot.large figure.chart > svg { height: clamp(14rem, 34vh, 26rem); }
.over { position: absolute; pointer-events: none; }
.cursor { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--faint); }
.spot { position: absolute; width: 9px; height: 9px; margin: -4.5px; border-radius: 50%; background: var(--color);
  border: 2px solid var(--paper); }
.part { position: absolute; top: 0; bottom: 0; background: color-mix(in srgb, var(--accent) 18%, transparent); }
.tip { position: absolute; top: 0.2rem; padding: 0.3rem 0.6rem; border: 1px solid var(--line); border-radius: 6px;
  background: color-mix(in srgb, var(--paper) 92%, transparent); font-size: 0.8rem; line-height: 1.45; white-space: nowrap;
  font-variant-numeric: tabular-nums; box-shadow: 0 2px 8px light-dark(#0001, #0006); z-index: 1; }
.tip p { margin: 0; }
.tip .value::before { content: ""; display: inline-block; width: 0.55rem; height: 0.55rem; margin-right: 0.4rem; border-radius: 50%;
  background: var(--color); }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.pair { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 2rem; }
.scrub { display: flex; gap: 0.6rem; align-items: center; margin-bottom: 0.6rem; }
.scrub input { flex: 1; min-width: 4rem; }
.scrub output { font-size: 0.85rem; color: var(--faint); font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
#sample-text, #row-text { max-height: 22rem; overflow: auto; unicode-bidi: isolate; }
#sample-text { min-height: 8rem; }
#sample-text.drawing::after { content: "▍"; color: var(--accent); }
.tokens { line-height: 1.9; }
.t { border-radius: 3px; box-shadow: inset -1px 0 color-mix(in srgb, currentColor 22%, transparent); }
.legend .t { padding: 0 0.4rem; box-shadow: none; }
.legend { font-size: 0.8rem; }
.untrained { color: var(--faint); }
.trained { background: var(--trained); } .lighter { background: var(--lighter); } .heavier { background: var(--heavier); }
details { margin-top: 0.8rem; }
summary { cursor: pointer; width: fit-content; }
.settings { columns: 17rem; column-gap: 2rem; margin: 0.6rem 0 0; font-size: 0.9rem; }
.settings div { display: flex; justify-content: space-between; gap: 1rem; padding: 0.12rem 0; border-bottom: 1px solid var(--grid);
  break-inside: avoid; }
.settings dt { color: var(--faint); }
.settings dd { margin: 0; text-align: right; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
@media (min-width: 56rem) {
  .charts { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .plot.large { grid-column: 1 / -1; }
  .pair { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media (min-width: 96rem) {
  .charts { grid-template-columns: repeat(4, minmax(0, 1fr)); }
  .plot.large { grid-column: span 2; grid-row: span 2; }
}
@media (max-width: 40rem) {
  .controls { position: static; }
  .hint { display: none; }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media (hover: none) { .hint { display: none; } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
@media print { .controls, .scrub button, .scrub input, #rows .scrub { display: none; } .charts { grid-template-columns: 1fr 1fr; }
  .plot.large { grid-column: 1 / -1; grid-row: auto; } #sample-text, #row-text { max-height: none; } }
`;
