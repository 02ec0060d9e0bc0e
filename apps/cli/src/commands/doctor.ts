import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { examineCuda } from '@attune/backend-cuda';
import { probeBackends } from '@attune/core';
import { formatBytes } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { colorsFor, type Colors } from '../printing/colors.js';
import { joined, styled, type Styled, type Text } from '../printing/styled.js';
import { installLine } from '../backends/install-line.js';
import { flagToLoad, unloadedPackages } from '../backends/unloaded-packages.js';
import { jsonField } from './shared-flags.js';

const fields = { json: jsonField };

/** Collects the findings that the command prints. */
async function examine(context: Context) {
  const options = context.backendOptions?.();
  const candidates = await probeBackends(context.importer, options);
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
    backends: candidates.map(({ name, availability, skipped }) => ({
      name,
      ...availability,
      ...(availability.available && skipped !== undefined && { skippedByAuto: skipped }),
    })),
    auto: candidates.find(({ skipped }) => skipped === undefined)?.name ?? null,
    cuda: await examineCuda(options?.resolvePeer),
    notLoaded: options?.resolvePeer ? [] : unloadedPackages(),
  };
}

type Findings = Awaited<ReturnType<typeof examine>>;

/**
 * The section about the CUDA backend. Empty where there is neither a GPU nor the package: the list of backends says
 * so.
 */
function formatCuda({ cuda }: Findings, colors: Colors): Text[] {
  const isOk = (wanted: string) => cuda.some(({ name, ok }) => name === wanted && ok);
  if (!isOk('driver') && !isOk('package')) return [];
  const rows = cuda.map(({ name, ok, text, fix }) => {
    const advice = !ok && fix ? `\n    ${' '.repeat(12)}${fix}` : '';
    return styled`  ${ok ? colors.green('✓') : colors.red('✗')} ${name.padEnd(12)}${text}${advice}`;
  });
  return ['cuda, in the order in which to fix it', ...rows, ''];
}

/** Packages of the current folder that are not loaded: it may be a stranger's. */
function formatUnloaded({ notLoaded }: Findings): string[] {
  const [first] = notLoaded;
  if (!first) return [];
  const rows = notLoaded.map(({ name, folder }) => `  ${name}  in ${folder}`);
  return [
    'not loaded, since the current folder may be a stranger’s',
    ...rows,
    `  ${flagToLoad(first)} loads them, if you trust it.`,
    '',
  ];
}

/** The backend that `auto` picks, and the one it would pick if that were installed. */
function verdict({ auto, backends }: Findings, colors: Colors): Text {
  if (auto === null) return 'No backend can run here.';
  const before = backends.slice(
    0,
    backends.findIndex(({ name }) => name === auto),
  );
  const faster = before.find((backend) => !backend.available && backend.packages);
  const hint = faster ? styled` ${colors.bold(faster.name)} would be faster: install it as above.` : '';
  return styled`--backend auto picks ${colors.bold(auto)}.${hint}`;
}

function format(findings: Findings, colors: Colors): Styled {
  const rows = [
    ['node', findings.node],
    ['platform', findings.platform],
    ['cpu', `${findings.cpu}, ${findings.cores} cores`],
    ['memory', `${formatBytes(findings.memoryBytes)}, ${formatBytes(findings.freeMemoryBytes)} free`],
  ] as const;
  const backends = findings.backends.map((backend) => {
    const name = backend.name.padEnd(10);
    if (!backend.available) {
      const advice = backend.packages ? `Install it: ${installLine(backend.packages)}` : backend.fix;
      const fix = advice ? `\n    ${' '.repeat(10)}${advice}` : '';
      return styled`  ${colors.red('✗')} ${name}${backend.reason}${fix}`;
    }
    const reason = backend.software ? 'no GPU' : 'skippedByAuto' in backend && backend.skippedByAuto;
    const note = reason ? ` (auto passes it over: ${reason})` : '';
    return styled`  ${colors.green('✓')} ${name}${backend.description}${note}`;
  });
  const lines: Text[] = [
    ...rows.map(([label, value]) => `${label.padEnd(10)}${value}`),
    '',
    'backends, in the order of auto',
    ...backends,
    '',
    ...formatCuda(findings, colors),
    ...formatUnloaded(findings),
    verdict(findings, colors),
    '',
  ];
  return joined(lines, '\n');
}

/** `attune doctor`: what this machine can do, and what to fix. */
export function doctorCommand(context: Context): Command {
  const command = new Command('doctor').description('check this machine and every backend');
  return addFlags(command, fields).action(async (options: Record<string, unknown>) => {
    const { json } = readFlags(fields, options);
    const findings = await examine(context);
    if (json) context.stdout.writeJson(findings, 2);
    else context.stdout.write(format(findings, colorsFor(context.stdout, context)));
  });
}
