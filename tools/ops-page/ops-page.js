/**
 * Writes `docs/ops.md` from the table of ops, their doc comments, what each backend's engine says it runs itself, and the
 * conformance reports in `tools/conformance/reports`, which `node tools/conformance/report.js` makes:
 *
 *     npm run build && node tools/ops-page/ops-page.js
 *
 * With `--check` it only compares, and fails where the page is out of date, or a report says otherwise than the engines.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { ops } from '@attune/core';
import { engineOn } from '@attune/engine';
import { cpuEngine } from '../../packages/backend-cpu/dist/onnxruntime/engine.js';
import { cudaEngine } from '../../packages/backend-cuda/dist/engine.js';
import { referenceEngine } from '../../packages/backend-reference/dist/engine.js';
import { wasmEngine } from '../../packages/backend-wasm/dist/tfjs/engine.js';
import { webgpuEngine } from '../../packages/backend-webgpu/dist/engine.js';
import { writePage } from '../generated-pages/generated-page.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Engines without a device behind them: all that is asked of them is what they run. */
const noDevice = { kind: 'cpu', description: '' };
const engines = {
  reference: referenceEngine('f32'),
  cpu: engineOn({ info: {} }, { name: '', description: '' }),
  wasm: engineOn({ info: {} }, { name: '', description: '' }),
  webgpu: webgpuEngine({}, { about: noDevice }),
  cuda: cudaEngine(noDevice, { gpu: false, tf32: false }),
  'wasm-tfjs': wasmEngine(noDevice),
  'cpu-onnxruntime': cpuEngine({ version: '' }, 1),
};

/** The engines of backends that do not name one themselves. */
const unnamed = { reference: "core's interpreter", webgpu: 'onnxruntime-web' };

/** The places that tests ran in, where there is more to say than the engine's name. */
const where = {
  webgpu: ({ device }) => (device.software ? ', on a software adapter' : ''),
  cuda: () => ', on TensorFlow for the CPU',
};

const reportFile = (name) => `${root}tools/conformance/reports/${name}.json`;
const reports = Object.fromEntries(
  Object.keys(engines).flatMap((name) =>
    existsSync(reportFile(name)) ? [[name, JSON.parse(readFileSync(reportFile(name), 'utf8'))]] : [],
  ),
);

/** How an op runs on an engine, as a report has it. */
function supportOf({ capabilities }, op) {
  if (capabilities.unsupported[op] !== undefined) return 'missing';
  return capabilities.native.includes(op) ? 'native' : 'composed';
}

/** Reports that were made before the engines, or the table of ops, changed. */
const outdated = Object.entries(reports).flatMap(([name, report]) => {
  const differs = Object.keys(ops).filter((op) => report.ops[op]?.support !== supportOf(engines[name], op));
  return differs.length > 0 ? [`${name} (${differs.join(', ')})`] : [];
});

/** The first sentence above each exported op, by its name. */
function readDocs() {
  const folder = `${root}packages/core/src/ops/`;
  const docs = new Map();
  for (const file of readdirSync(folder).filter((name) => /(?<!\.spec)\.ts$/.test(name))) {
    const text = readFileSync(folder + file, 'utf8');
    for (const [, comment, name] of text.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\nexport const (\w+)/gs)) {
      docs.set(name, firstSentence(comment));
    }
  }
  return docs;
}

function firstSentence(comment) {
  const paragraph = comment
    .replace(/^\s*\* ?/gm, '')
    .trim()
    .split('\n\n')[0]
    .replaceAll('\n', ' ')
    .replace(/\{@link (\w+)\}/g, '`$1`');
  return /^.*?[.](?=\s+[A-Z]|$)/.exec(paragraph)?.[0] ?? paragraph;
}

const docs = readDocs();
const undocumented = Object.keys(ops).filter((name) => !docs.has(name));

/** The largest share of a tolerance that a test of an op used up, in words. */
function shareOf({ forward, gradient }) {
  const shares = [forward, gradient].flatMap((result) => result?.share ?? []);
  if (shares.length === 0) return '';
  const percent = 100 * Math.max(...shares);
  return percent === 0 ? ', exact' : `, ${percent < 1 ? '<1' : Math.round(percent)} %`;
}

/** How an op runs on a backend, and how it did in the tests where they were run. */
function cell(name, op) {
  const support = supportOf(engines[name], op);
  const own = reports[name]?.ops[op];
  if (!own || support === 'missing') return support === 'missing' ? '**missing**' : support;
  const failed = own.forward.failed + (own.gradient?.failed ?? 0);
  return failed > 0 ? `${support}, **${failed} failed**` : `${support}${shareOf(own)}`;
}

function row([op, { kind }]) {
  const runs = Object.keys(engines).map((name) => cell(name, op));
  return `| \`${op}\` | ${kind} | ${runs.join(' | ')} | ${docs.get(op)?.replaceAll('|', '\\|') ?? ''} |`;
}

function backendRow(name) {
  const report = reports[name];
  if (!report) return `| \`${name}\` | not run for this page | | | |`;
  const { engine, counts, runner } = report;
  const built = engine
    ? [engine.name, engine.version, engine.isa].filter(Boolean).join(' ')
    : (unnamed[name] ?? name);
  const place = `${runner === 'attune' ? 'Node' : runner}${where[name]?.(report) ?? ''}`;
  return `| \`${name}\` | ${built}, in ${place} | ${counts.passed} | ${counts.failed} | ${counts.skipped} |`;
}

const text = `# Ops

Every op of the graph, and who runs it. A *primitive* is made of no others. A *composite* is a name for a body in other ops: a
backend has a kernel for it (*native*), or runs the body in its place (*composed*). \`wasm-tfjs\` and \`cpu-onnxruntime\` are the
other engines of wasm and cpu. Methods of the graph builder that are not listed here write several of these.

This page is generated by \`tools/ops-page/ops-page.js\`, from what the engines say of themselves and from
[conformance reports](guide/writing-a-backend.md), which \`node tools/conformance/report.js\` makes.

## Backends

The conformance kit on each of them, where it was run for this page. What is skipped, a backend says it lacks.

| Backend | Engine | Passed | Failed | Skipped |
| ------- | ------ | -----: | -----: | ------: |
${Object.keys(engines).map(backendRow).join('\n')}

## Ops by backend

The percentage is the largest share of its tolerance that a test of the op used up, forward or backward: far below 100 % where a
backend is as near to float64 as float32 allows. *Exact* results have no error at all.

| Op | Kind | ${Object.keys(engines).join(' | ')} | What it computes |
| -- | ---- | ${Object.keys(engines)
  .map(() => '---')
  .join(' | ')} | ---------------- |
${Object.entries(ops).map(row).join('\n')}
`;

if (outdated.length > 0) {
  console.error(
    `Reports are older than their engines: ${outdated.join('; ')}. Run node tools/conformance/report.js.`,
  );
  process.exitCode = 1;
}
if (undocumented.length > 0) {
  console.error(`No doc comment stands above ${undocumented.join(', ')}.`);
  process.exitCode = 1;
}
await writePage('docs/ops.md', text, 'tools/ops-page/ops-page.js');
