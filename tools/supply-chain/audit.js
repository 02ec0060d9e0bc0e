import { execFile } from 'node:child_process';

/** Returns what `npm audit` prints in a folder with a lockfile. Its exit code says whether it found something, no more. */
function npmAudit(folder) {
  return new Promise((resolve) => {
    const args = ['audit', '--json', '--package-lock-only'];
    execFile('npm', args, { cwd: folder, maxBuffer: 2 ** 27, timeout: 120_000 }, (error, stdout, stderr) =>
      resolve({ stdout, stderr: stderr || String(error ?? '') }),
    );
  });
}

/**
 * Sorts a report of `npm audit`.
 *
 * @param groups of the lockfile, by place.
 * @returns `skipped`, with the reason, where the registry did not answer.
 */
export function readAudit({ stdout, stderr }, groups) {
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    report = {};
  }
  if (report.auditReportVersion === undefined) {
    const reason = report.message ?? stderr.trim().split('\n')[0];
    return { skipped: reason || 'no answer', found: [] };
  }
  const found = Object.values(report.vulnerabilities ?? {}).flatMap(
    ({ name, severity, nodes = [], via = [] }) => {
      const titles = via.flatMap((one) => (typeof one === 'string' ? [] : [`${one.title} (${one.url})`]));
      const inGroups = new Set(nodes.map((node) => groups.get(node) ?? 'build'));
      return [...inGroups].map((group) => ({ name, severity, group, titles }));
    },
  );
  return { found };
}

/** True for what must not reach a user. */
export const isGrave = ({ severity, group }) => group !== 'build' && /^(high|critical)$/.test(severity);

/** Asks the registry for known vulnerabilities of what a folder's lockfile has. */
export async function audit(folder, groups) {
  return readAudit(await npmAudit(folder), groups);
}
