import type { Curve } from './cell.ts';

const [WIDTH, HEIGHT, MARGIN] = [700, 240, 40];
const COLORS = ['#3178c6', '#d2691e', '#2e8b57', '#8a2be2'];

function svg(name: string, attributes: Readonly<Record<string, string | number>>, text = ''): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  return element;
}

/** Curves by step, with the range of their values at the left and their names at the right. */
export function drawPlot(curves: readonly Curve[]): SVGElement {
  const all = curves.flatMap(({ values }) => [...values]);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const longest = Math.max(2, ...curves.map(({ values }) => values.length));
  const x = (i: number): number => MARGIN + ((WIDTH - 3 * MARGIN) * i) / (longest - 1);
  const y = (value: number): number =>
    HEIGHT - MARGIN / 2 - ((HEIGHT - MARGIN) * (value - low)) / (high - low || 1);
  const label = curves.map(({ name, values }) => `${name}: ${values.at(-1)?.toFixed(3)}`).join(', ');
  const plot = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label });
  for (const value of [low, high]) plot.append(svg('text', { x: 0, y: y(value) + 4 }, value.toFixed(2)));
  curves.forEach(({ name, values }, i) => {
    const color = COLORS[i % COLORS.length] as string;
    const points = values.map((value, step) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    plot.append(svg('polyline', { points, stroke: color }));
    const end = values.at(-1) ?? low;
    plot.append(svg('text', { x: x(values.length - 1) + 4, y: y(end) + 4, style: `fill: ${color}` }, name));
  });
  return plot;
}
