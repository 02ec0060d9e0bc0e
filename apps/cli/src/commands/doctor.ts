import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { AttuneError } from '@attune/core';
import { fieldGroup, formatBytes, withDefaults } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { colorsFor, type Colors } from '../printing/colors.js';
import { joined, styled, type Styled, type Text } from '../printing/styled.js';
import { installLine } from '../backends/install-line.js';
import { flagToLoad, unloadedPackages } from '../backends/unloaded-packages.js';
import { examine, type FindingGroup } from '../doctor/examine.js';
import { gatherFacts, type DoctorRequest } from '../doctor/probes/gather-facts.js';
import { backendFields, jsonField } from './shared-flags.js';

const doctor = fieldGroup('Doctor');

const fields = {
  ...backendFields,
  run: doctor.optionalText('dir', { description: 'a run to look at, too: who has its lock' }),
  online: doctor.switch({ description: 'ask the hub, too; without, nothing leaves this machine' }),
  json: jsonField,
};

/** Collects the findings that the command prints. */
async function collect(request: DoctorRequest, context: Context) {
  const facts = await gatherFacts(request, context);
  const { backends = [], cuda = [], memory } = facts;
  const checks = examine(facts);
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: memory?.totalBytes ?? totalmem(),
    freeMemoryBytes: memory?.availableBytes ?? freemem(),
    backends: backends.map(({ name, availability, skipped }) => ({
      name,
      ...availability,
      ...(availability.available && skipped !== undefined && { skippedByAuto: skipped }),
    })),
    auto: backends.find(({ skipped }) => skipped === undefined)?.name ?? null,
    cuda,
    notLoaded: context.backendOptions?.().resolvePeer ? [] : unloadedPackages(),
    checks,
    canTrain: faultsOf(checks).length === 0,
  };
}

type Findings = Awaited<ReturnType<typeof collect>>;

function faultsOf(groups: readonly FindingGroup[]) {
  return groups.flatMap(({ findings }) => findings).filter(({ state }) => state === 'fault');
}

/** Findings under their heading: each fault with what to do about it. */
function formatGroup({ heading, findings }: FindingGroup, colors: Colors): Text[] {
  const marks = { ok: colors.green('✓'), warning: colors.yellow('!'), fault: colors.red('✗') };
  const rows = findings.map(
    ({ state, text, fix }) => styled`  ${marks[state]} ${text}${fix === undefined ? '' : `\n    ${fix}`}`,
  );
  return [heading, ...rows, ''];
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
    ...findings.checks.flatMap((group) => formatGroup(group, colors)),
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
    const { json, ...request } = withDefaults(fields, readFlags(fields, options));
    const findings = await collect(request, context);
    if (json) context.stdout.writeJson(findings, 2);
    else context.stdout.write(format(findings, colorsFor(context.stdout, context)));
    const faults = faultsOf(findings.checks);
    if (faults.length === 0) return;
    throw new AttuneError(
      'ENVIRONMENT_FAULT',
      `This machine cannot train as it is: ${faults.map(({ text }) => text).join('; ')}.`,
      { fix: 'What to do stands with each.', data: { faults: faults.map(({ id }) => id) } },
    );
  });
}
