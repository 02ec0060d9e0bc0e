import { lineChart } from './line-chart.js';

const loss = { name: 'train', points: [[1, 4], [2, 3], [3, 2]] as [number, number][] }; // prettier-ignore
const options = { title: 'Loss', id: 'loss' };
const curvesIn = (svg: string) => [...svg.matchAll(/ d="([^"]*)"/g)].map(([, path]) => path);

test('a curve spans its chart, and the same series give the same text', () => {
  const svg = lineChart(options, [loss]);
  expect(curvesIn(svg)).toEqual(['M0,0L500,500L1000,1000']);
  expect(lineChart(options, [loss])).toBe(svg);
});

test('the chart says what it shows to those who do not see it', () => {
  const svg = lineChart(options, [loss]);
  expect(svg).toContain('role="img" aria-labelledby="loss-title loss-desc"');
  expect(svg).toContain('<title id="loss-title">Loss</title>');
  expect(svg).toContain('train: lowest 2 at 3, highest 4 at 1, last 2 at 3.</desc>');
});

test('a value that is no number parts the curve, and is marked', () => {
  const points = [[1, 1], [2, 2], [3, NaN], [4, 2], [5, Infinity], [6, 1], [7, 2]] as [number, number][]; // prettier-ignore
  const svg = lineChart(options, [{ name: 'train', points }]);
  expect(curvesIn(svg)[0]!.match(/M/g)).toHaveLength(3);
  expect(svg.match(/no number at \d/g)).toEqual(['no number at 3', 'no number at 5']);
  expect(svg).not.toMatch(/NaN|Infinity/);
});

test('a logarithmic chart leaves out what is not above 0', () => {
  const points = [[1, 100], [2, 10], [3, 0], [4, 1]] as [number, number][]; // prettier-ignore
  const [path] = curvesIn(lineChart({ ...options, yScale: 'log' }, [{ name: 'norm', points }]));
  expect(path).toBe('M0,0L333.33,500M1000,1000Z');
});

test('several runs have colours of their own, and the ninth a dashed line', () => {
  const series = Array.from({ length: 9 }, (_, i) => ({ ...loss, name: `run ${i}` }));
  const svg = lineChart(options, series);
  expect([...svg.matchAll(/<li class="([^"]+)">/g)].map(([, look]) => look)).toEqual([
    ...['s0', 's1', 's2', 's3', 's4', 's5', 's6', 's7', 's0 dashed'],
  ]);
});

test('pale curves lie behind, and are in no legend', () => {
  const svg = lineChart(options, [loss, { ...loss, name: 'raw', drawn: 'pale', color: 0 }]);
  expect(svg).not.toContain('raw');
  expect([...svg.matchAll(/<path class="([^"]+)"/g)].map(([, look]) => look)).toEqual(['s0 pale', 's0']);
});

test('names are text, and no markup', () => {
  const name = '</desc><script>alert(1)</script>\u202e"\'&';
  const svg = lineChart({ ...options, title: name, xLabel: name }, [{ ...loss, name: `a ${name}` }]);
  expect(svg).not.toMatch(/<script|\u202e/);
  expect(svg.match(/&lt;script&gt;/g)).toHaveLength(5);
});

test('without a value, it says so', () => {
  for (const points of [[], [[1, NaN]] as [number, number][]]) {
    expect(lineChart(options, [{ name: 'train', points }])).toContain('no values yet');
  }
});
