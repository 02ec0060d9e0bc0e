import type { CompletedCommand, CompletedFlag, CompletedProgram, Values } from './command-tree.js';

/** A text within single quotes and an entry of `_arguments`, where brackets and colons part things. */
const escaped = (text: string) =>
  text
    .replace(/[\\[\]:]/g, '\\$&')
    .replace(/'/g, "'\\''")
    .replace(/\s+/g, ' ');

function action(values: Values): string {
  if (values === 'folder') return '_files -/';
  if (values === 'file') return '_files';
  return values === 'any' || values === 'none' ? ' ' : `(${values.join(' ')})`;
}

function entry({ name, description, values, isVariadic }: CompletedFlag): string {
  const text = `'${isVariadic ? '*' : ''}${name}[${escaped(description)}]`;
  return values === 'none' ? `${text}'` : `${text}:${name.slice(2)}:${action(values)}'`;
}

function block({ name, flags, values }: CompletedCommand): string {
  const argument = values === 'none' ? [] : [`'*:argument:${action(values)}'`];
  const entries = [...flags.map(entry), '"$shared[@]"', ...argument];
  return `    (${name})\n      _arguments ${entries.join(' \\\n        ')} ;;`;
}

/** Completion for zsh. It is complete in itself: pressing Tab runs functions of zsh and nothing else. */
export function zshCompletion({ name, flags, commands }: CompletedProgram): string {
  const list = commands.map((command) => `    '${command.name}:${escaped(command.description)}'`);
  return `#compdef ${name}
# Completion of ${name} for zsh. Made by: ${name} completion zsh
_attune() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  local -a shared commands
  shared=(
    ${flags.map(entry).join('\n    ')}
  )
  commands=(
${list.join('\n')}
  )
  _arguments -C "$shared[@]" '1:command:->command' '*::argument:->argument' && return
  case $state in
  (command) _describe command commands ;;
  (argument)
    case $line[1] in
${commands.map(block).join('\n')}
    esac ;;
  esac
}
if [ "$funcstack[1]" = _attune ]; then _attune "$@"; else compdef _attune ${name}; fi
`;
}
