/**
 * The style of all pages: light or dark as the reader's system is, from one column on a telephone to several. Charts colour
 * their lines by the classes `s0` to `s7`.
 */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e4e8ec); --paper: light-dark(#fff, #14171a);
  --faint: light-dark(#57606a, #9aa4ad); --line: light-dark(#d0d7de, #343b42); --grid: light-dark(#e7ebef, #262c32);
  --mild: light-dark(#f6f8fa, #1c2126); --warn: light-dark(#9a3412, #fdba74);
  --s0: light-dark(#0b62b8, #6cb2ff); --s1: light-dark(#c2410c, #ff9c66); --s2: light-dark(#15803d, #5fd38a);
  --s3: light-dark(#8b2fc9, #cf9bff); --s4: light-dark(#a16207, #f0c750); --s5: light-dark(#be185d, #ff8fc0);
  --s6: light-dark(#0f766e, #4fd8cb); --s7: light-dark(#52525b, #b4b4bd); }
* { box-sizing: border-box; }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1.2rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--paper); }
h1 { font-size: 1.35rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 2rem 0 0.6rem; padding-bottom: 0.25rem; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; }
th, td { padding: 0.15rem 1.2rem 0.15rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--faint); font-weight: 500; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.scroll { overflow-x: auto; }
.scroll th, .scroll td { min-width: 5rem; overflow-wrap: break-word; }
.faint { color: var(--faint); }
.warnings { color: var(--warn); padding-left: 1.2rem; }
code, pre { font: 13px/1.6 ui-monospace, monospace; }
pre { margin: 0; padding: 0.7rem 0.9rem; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--mild);
  border: 1px solid var(--line); border-radius: 6px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); gap: 1rem; }
figure.chart { margin: 0; padding: 0.7rem 0.9rem 0.5rem; border: 1px solid var(--line); border-radius: 6px; min-width: 0; }
.chart figcaption { font-weight: 600; }
.chart ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0 1rem; margin: 0.1rem 0 0; padding: 0;
  min-height: 1.5em; color: var(--faint); font-size: 0.85rem; overflow-wrap: anywhere; }
.chart li::before { content: ""; display: inline-block; width: 1rem; margin-right: 0.4rem; vertical-align: 0.25em;
  border-top: 2.5px solid var(--color); }
.chart li.dashed::before { border-top-style: dashed; }
.chart > svg { display: block; overflow: visible; width: calc(100% - 4rem); height: 13rem; margin: 0.9rem 0.6rem 2.9rem 3.4rem;
  font: 12px system-ui, sans-serif; }
.chart text { fill: var(--faint); font-variant-numeric: tabular-nums; }
.chart .grid { stroke: var(--grid); }
.chart .axis { stroke: var(--faint); }
.chart path { fill: none; stroke: var(--color); stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round;
  vector-effect: non-scaling-stroke; }
.chart path.pale { stroke-width: 1; opacity: 0.35; }
.chart path.dots { stroke-width: 6; }
.chart .dashed path, .chart path.dashed { stroke-dasharray: 7 5; }
.chart .gap { stroke: var(--warn); stroke-width: 1.2; stroke-dasharray: 2 3; }
.s0 { --color: var(--s0); } .s1 { --color: var(--s1); } .s2 { --color: var(--s2); } .s3 { --color: var(--s3); }
.s4 { --color: var(--s4); } .s5 { --color: var(--s5); } .s6 { --color: var(--s6); } .s7 { --color: var(--s7); }
@media (max-width: 40rem) { body { margin: 1rem auto; padding: 0 0.8rem; } }
@media print { figure.chart { break-inside: avoid; } }
`;
