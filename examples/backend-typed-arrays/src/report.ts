import { conformanceReport, summaryOf } from '@attune/backend-testkit';
import { fixtures, writeReport } from '@attune/backend-testkit/node';
import { backend } from './index.js';

const report = await conformanceReport({
  name: 'typed-arrays',
  create: () => backend.create(),
  fixtures,
  onTest: ({ state, name, reason }) => {
    if (state === 'failed') console.error(`✗ ${name}\n  ${reason}`);
  },
});
await writeReport(report, 'conformance');
console.log(summaryOf(report));
process.exitCode = report.counts.failed > 0 ? 1 : 0;
