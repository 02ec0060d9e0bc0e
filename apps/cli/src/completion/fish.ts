import type { CompletedFlag, CompletedProgram, Values } from './command-tree.js';

/** A text in single quotes, as fish reads it. */
const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&').replace(/\s+/g, ' ')}'`;

function valuesOf(values: Values): string {
  if (values === 'none') return '';
  if (values === 'file') return ' -r -F';
  if (values === 'any') return ' -x';
  if (values === 'folder') return " -x -a '(__fish_complete_directories)'";
  return ` -x -a ${quoted(values.join(' '))}`;
}

const flagLine = (name: string, condition: string, { name: flag, description, values }: CompletedFlag) =>
  `complete -c ${name} ${condition}-l ${flag.slice(2)} -d ${quoted(description)}${valuesOf(values)}`;

/** Completion for fish. It is complete in itself: pressing Tab runs functions of fish and nothing else. */
export function fishCompletion({ name, flags, commands }: CompletedProgram): string {
  const lines = commands.flatMap((command) => {
    const within = `-n '__fish_seen_subcommand_from ${command.name}' `;
    const { values } = command;
    const argument =
      values === 'file'
        ? [`complete -c ${name} ${within}-F`]
        : values === 'none' || values === 'any'
          ? []
          : [`complete -c ${name} ${within}-a ${valuesOf(values).slice(' -x -a '.length)}`];
    return [
      `complete -c ${name} -n __fish_use_subcommand -a ${command.name} -d ${quoted(command.description)}`,
      ...argument,
      ...command.flags.map((flag) => flagLine(name, within, flag)),
    ];
  });
  return [
    `# Completion of ${name} for fish. Made by: ${name} completion fish`,
    `complete -c ${name} -f`,
    ...flags.map((flag) => flagLine(name, '', flag)),
    ...lines,
    '',
  ].join('\n');
}
