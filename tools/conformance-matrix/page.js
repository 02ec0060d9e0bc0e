/** The page that shows the matrix. */

/** `867 / 0 / 0`, or why there are no numbers. */
export function textOf(cell) {
  if (!cell) return 'not run';
  if (cell.notRun !== undefined) return `not run: ${cell.notRun}`;
  return `${cell.passed} / ${cell.failed.length} / ${cell.skipped.length}`;
}

const plural = (count) => `${count} thread${count === 1 ? '' : 's'}`;

/** Where each of the tests comes that a list of a cell names. */
function places(rows, kind) {
  const found = new Map();
  for (const { host, isa, cells } of rows) {
    for (const [threads, cell] of cells) {
      for (const test of cell?.[kind] ?? []) {
        const name = test.name ?? test;
        found.set(name, [...(found.get(name) ?? []), `${host}, ${isa}, ${plural(threads)}`]);
      }
    }
  }
  return [...found].map(([test, where]) => `- ${test}: ${where.join('; ')}`);
}

/** The matrix as Markdown. A row: `{ host, isa, cells: [[threads, cell], …] }`. */
export function pageOf(rows, threads, processor) {
  const cells = rows
    .flatMap((row) => row.cells.map(([, cell]) => cell))
    .filter((cell) => cell?.passed !== undefined);
  const commits = [...new Set(cells.map((cell) => cell.commit))];
  const marks = new Map(commits.slice(1).map((commit, i) => [commit, ` (${i + 1})`]));
  const withMark = (cell) => textOf(cell) + ((cell?.passed !== undefined && marks.get(cell.commit)) || '');
  const list = (title, lines, none) => (lines.length === 0 ? none : `${title}\n\n${lines.join('\n')}`);
  const others = [...marks].map(([commit, mark]) => `${mark.trim()} at ${commit}`);

  return `# Conformance of the engine

The conformance kit on attune's own engine, in each combination of host, instruction set and threads: tests passed / failed / skipped.
Written by \`node tools/conformance-matrix/conformance-matrix.js --write\` on ${processor}, at commit ${commits[0] ?? '—'}${
    others.length > 0 ? `, and where a number stands behind a cell: ${others.join(', ')}` : ''
  }.

| host | instruction set | ${threads.map(plural).join(' | ')} |
| ---- | --------------- | ${threads.map(() => '---').join(' | ')} |
${rows.map(({ host, isa, cells: row }) => `| ${host} | ${isa} | ${row.map(([, cell]) => withMark(cell)).join(' | ')} |`).join('\n')}

${list('Failed:', places(rows, 'failed'), 'No test failed.')}

${list('Skipped:', places(rows, 'skipped'), 'No test was skipped.')}
`;
}
