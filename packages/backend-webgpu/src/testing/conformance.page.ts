import { describeBackend } from '@attune/backend-testkit';
import { files, saveFile, serveTests } from '@attune/browser-harness/page';
import { backend } from '../index.js';
import { failingRun } from './breakable.js';

serveTests((runner) =>
  describeBackend({
    name: 'webgpu',
    create: () => backend.create(),
    runner,
    fixtures: files,
    failingRun,
    report: {
      runner: 'Chromium',
      write: (report) => saveFile('report.json', new TextEncoder().encode(JSON.stringify(report))),
    },
  }),
);
