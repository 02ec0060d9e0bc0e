import { variants } from '../parts/training-times.js';
import { decodingSection } from './decoding-section.js';
import { block, figure, oneLine, sizeOf, table } from './format.js';
import { pytorchErrors, stateOf, variantCell } from './parts-of-pages.js';

function machineSection({ machine, device, ways, pytorch, attune, versions, limitSeconds, seconds, began }) {
  const rows = [
    [
      'began',
      `${began}, limit ${limitSeconds} s${seconds === undefined ? '' : `, took ${figure(seconds)} s`}`,
    ],
    ['attune', attune],
    ...['Node.js', 'onnxruntime-web', 'webgpu'].map((name) => [name, versions?.[name] ?? '–']),
  ];
  if (machine) {
    rows.push(
      ['processor', `${machine.processor}, ${machine.cores} cores, ${sizeOf(machine.memoryBytes)}`],
      ['system', `Linux ${machine.kernel}, glibc ${machine.glibc}`],
      ...(machine.nvidia ?? []).map((gpu) => ['NVIDIA', Object.values(gpu).join(', ')]),
    );
  }
  if (device) rows.push(['device', device.description], ['features', (device.features ?? []).join(', ')]);
  for (const { name, gave } of ways ?? []) rows.push([`by ${name}`, gave]);
  if (pytorch) {
    const { torch, cuda, name, python } = pytorch;
    rows.push(['PyTorch', `${torch}, ${cuda ? `CUDA ${cuda}` : 'on the CPU'}, ${name}, Python ${python}`]);
  }
  return table(
    ['what', 'found'],
    rows.map(([name, value]) => [name, oneLine(value)]),
  );
}

function conformanceSection(parts) {
  const tested = parts.filter(({ result }) => result?.passed !== undefined);
  if (tested.length === 0) return [];
  const rows = tested.map((part) => {
    const { passed, failed, skipped } = part.result;
    return [part.name, String(passed), String(failed.length), String(skipped ?? '–'), stateOf(part)];
  });
  const failures = tested.flatMap(({ name, result }) =>
    result.failed.map((test) => `**${name}**: ${oneLine(test.name)}\n\n${block(test.reason)}`),
  );
  return ['## Conformance', table(['part', 'passed', 'failed', 'skipped', 'state'], rows), ...failures];
}

function pytorchCell(variant) {
  return variantCell(
    variant,
    ({ stepMs, ratio }) => `${figure(stepMs.median)} (**${figure(ratio.median)}**)`,
  );
}

function trainingSections(parts) {
  const timed = parts.filter(({ group, result }) => group === 'training' && result);
  if (timed.length === 0) return [];
  const steps = timed.map((part) => [
    part.name,
    figure(part.result.stepMs?.median),
    ...variants.map(({ name }) => pytorchCell(part.result.pytorch?.[name])),
    stateOf(part),
  ]);
  const costs = timed.map(({ name, result }) => [
    name,
    figure(result.firstStepMs === undefined ? undefined : result.firstStepMs / 1000),
    ...['dispatches', 'submits', 'maps'].map((key) => figure(result.traffic?.[key])),
    sizeOf(result.backendBytes),
    sizeOf(result.gpuBytes),
    ...['eager f32', 'eager bf16', 'compiled f32'].map((key) => sizeOf(result.pytorch?.[key]?.peakBytes)),
  ]);
  const errors = timed.flatMap(pytorchErrors);
  return [
    '## Training steps',
    "Milliseconds of a step, medians. In brackets attune's time divided by PyTorch's of the same rounds, which alternate: above 1, attune is slower.",
    table(['size', 'attune', ...variants.map(({ name }) => `PyTorch ${name}`), 'state'], steps),
    "GPU memory of attune is what nvidia-smi shows more than before; PyTorch's is its own count of what is allocated at most.",
    table(
      [
        ...[
          'size',
          'first step, s',
          'dispatches',
          'submits',
          'maps',
          "attune's buffers",
          'GPU memory, attune',
        ],
        ...['PyTorch eager f32', 'eager bf16', 'compiled f32'],
      ],
      costs,
    ),
    ...errors,
  ];
}

function memorySection(parts) {
  return parts
    .filter(({ result }) => result?.held?.length > 0)
    .flatMap(({ name, result }) => [
      `## ${name === 'flat memory' ? 'Memory over steps' : name}`,
      result.flat ? 'What the backend holds does not grow.' : '**What the backend holds changes.**',
      table(
        ['step', 'bytes', 'buffers', 'process', 'GPU, all processes'],
        result.held.map((one) => [
          ...[one.step, one.bytes, one.buffers].map(String),
          sizeOf(one.rssBytes),
          sizeOf(one.gpuBytes),
        ]),
      ),
    ]);
}

function faultSections(parts) {
  const rest = parts.filter(({ state }) => state !== 'done');
  if (rest.length === 0) return [];
  const lines = rest.map((part) => `- **${part.name}**: ${stateOf(part)}`).join('\n');
  const errors = parts
    .filter(({ error }) => error?.stack || error?.stderr)
    .map(({ name, error }) => {
      const { code, fix, stack, message, stderr } = error;
      const text = [code, stack ?? message, fix, stderr && `stderr:\n${stderr}`].filter(Boolean).join('\n');
      return `### ${name}\n\n${block(text)}`;
    });
  return ['## Not done', lines, ...errors];
}

/** A report as Markdown. */
export function pageOf(data) {
  const { device, missing, parts } = data;
  const title = device ? `attune on ${oneLine(device.description)}` : 'attune found no GPU';
  const sections = [
    `# ${title}`,
    ...missing.map((line) => `**Missing**: ${oneLine(line)}`),
    ...(device?.software
      ? ['**A software adapter: it shows that the check works, and no figure here says anything of a GPU.**']
      : []),
    machineSection(data),
    ...conformanceSection(parts),
    ...trainingSections(parts),
    ...decodingSection(parts),
    ...memorySection(parts),
    ...faultSections(parts),
  ];
  return `${sections.join('\n\n')}\n`;
}
