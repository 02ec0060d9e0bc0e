import { stepPhases, type SupportedOp } from '@attune/runs';
import type { PlannedBackend } from './make-plan.js';

const MARKS = { native: 'native', composed: 'composed', missing: 'MISSING' } as const;

/** A line for each backend: how many kinds of op it computes in which way, and which of them not with a kernel. */
export function opsSummary(backends: readonly PlannedBackend[]): string[] {
  const lines = backends.map(({ name, ops }) => {
    const of = (support: SupportedOp['support']) => ops.filter((one) => one.support === support);
    const [composed, missing] = [of('composed'), of('missing')];
    const parts = [
      `${of('native').length} native`,
      ...(composed.length > 0 ? [`${composed.length} composed (${namesOf(composed)})`] : []),
      ...(missing.length > 0 ? [`${missing.length} MISSING (${namesOf(missing)})`] : []),
    ];
    return `  ${name.padEnd(12)}${parts.join(', ')}`;
  });
  const kinds = backends[0]?.ops.length ?? 0;
  return [`ops of a step: ${kinds} kinds (--ops lists each)`, ...lines];
}

const namesOf = (ops: readonly SupportedOp[]) => ops.map(({ op }) => op).join(', ');

/** The columns of a table, each as wide as its widest cell. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows.map((cells) => `  ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')}`.trimEnd());
}

/** A line for each op, with its nodes in each part of a step and how each backend computes it. */
export function opsInFull(backends: readonly PlannedBackend[]): string[] {
  const [first] = backends;
  if (!first) return [];
  const header = ['op', ...stepPhases, ...backends.map(({ name }) => name)];
  const rows = first.ops.map(({ op, counts }) => [
    op,
    ...stepPhases.map((phase) => String(counts[phase])),
    ...backends.map(({ ops }) => MARKS[ops.find((one) => one.op === op)!.support]),
  ]);
  const notes = backends.flatMap(({ name, ops }) =>
    ops.flatMap(({ op, support, composedOf, lacks }) => {
      if (support === 'native') return [];
      if (support === 'missing') return [`  ${name}: ${op} lacks ${lacks.join(', ')}`];
      return [`  ${name}: ${op} is composed of ${composedOf.join(', ')}`];
    }),
  );
  return ['ops of a step', ...aligned([header, ...rows]), ...(notes.length > 0 ? ['', ...notes] : [])];
}
