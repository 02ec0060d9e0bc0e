import type { CompletedFlag, CompletedProgram, Values } from './command-tree.js';

/** Statements that offer values for the word `cur`. */
function offer(values: Values): string {
  if (values === 'none') return ':';
  if (values === 'folder') return '_attune_folders';
  // Readline's own completion of file names follows where a function offers nothing.
  if (values === 'file' || values === 'any') return ':';
  return `_attune_words '${values.join(' ')}'`;
}

/** The flags of one list, as a `case` over the flag that the word belongs to. Those without values are not among them. */
function cases(flags: readonly CompletedFlag[], indent: string): string {
  return flags
    .filter(({ values }) => values !== 'none')
    .map(({ name, values }) => `${indent}${name}) ${offer(values)}; return ;;`)
    .join('\n');
}

const names = (flags: readonly { readonly name: string }[]) => flags.map(({ name }) => name).join(' ');

/** Flags that take every word up to the next flag. */
const variadic = (flags: readonly CompletedFlag[]) =>
  [...new Set(flags.filter(({ isVariadic }) => isVariadic).map(({ name }) => name))].join('|') || '-';

/**
 * Completion for bash, from version 3.2 on, which macOS has. It is complete in itself: pressing Tab runs builtins of bash and
 * nothing else.
 */
export function bashCompletion({ name, flags, commands }: CompletedProgram): string {
  const all = [...flags, ...commands.flatMap((command) => command.flags)];
  const withValue = flags.filter(({ values }) => values !== 'none').map((flag) => flag.name);
  const blocks = commands.map(
    (command) => `    ${command.name})
      case "$flag" in
${cases([...command.flags, ...flags], '        ')}
      esac
      case "$cur" in
        -*) _attune_words '${names([...command.flags, ...flags])}' ;;
        *) ${offer(command.values)} ;;
      esac ;;`,
  );
  return `# Completion of ${name} for bash. Made by: ${name} completion bash
_attune_words() {
  local IFS=$' \\t\\n'
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}
_attune_folders() {
  local name
  while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -d -- "$cur")
  compopt -o filenames 2>/dev/null || :
}
_attune() {
  local cur=\${COMP_WORDS[COMP_CWORD]} command='' flag='' word i
  COMPREPLY=()
  # A value may stand behind "=", which bash makes a word of its own.
  [ "$cur" = = ] && cur=''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$word" in
      =) ;;
      --) flag='' ;;
      -*) flag=$word ;;
      *)
        # The value of a flag that stands before the command.
        if [ -z "$command" ]; then
          case "$flag" in ${withValue.join('|')}) flag=''; continue ;; esac
          command=$word flag=''
        else
          case "$flag" in ${variadic(all)}) ;; *) flag='' ;; esac
        fi ;;
    esac
  done
  case "$cur" in -*) flag='' ;; esac
  case "$command" in
    '')
      case "$flag" in
${cases(flags, '        ')}
      esac
      case "$cur" in
        -*) _attune_words '${names([...flags])}' ;;
        *) _attune_words '${names(commands)}' ;;
      esac ;;
${blocks.join('\n')}
  esac
}
complete -o default -F _attune ${name}
`;
}
