import { createHash } from 'node:crypto';
import { htmlPage } from './page.js';

const policyOf = (html: string) => /Content-Security-Policy" content="([^"]+)"/.exec(html)![1]!;

test('a page allows its own style, and nothing else', () => {
  const html = htmlPage({ title: 'a <b>', body: '<p>b</p>', style: '.x { color: red; }' });
  const [, style] = /<style>([^]*)<\/style>/.exec(html)!;
  const hash = createHash('sha256').update(style!).digest('base64');
  expect(policyOf(html)).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
  );
  expect(html).toContain('<title>a &lt;b&gt;</title>');
});

test('one with scripts takes them from its own server alone', () => {
  const html = htmlPage({ title: 'live', body: '', scripts: ['/live.js'] });
  expect(policyOf(html)).toMatch(/script-src 'self'; connect-src 'self'/);
  expect(html).toContain('<script type="module" src="/live.js"></script>');
});
