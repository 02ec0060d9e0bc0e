import { flagOf, isDerived, validate, type Field, type Fields, type ValuesOf } from '@attune/runs';
import { Option, type Command } from 'commander';

function describe({ kind, description, required, default: value }: Field): string {
  if (required) return `${description} (required)`;
  if (kind === 'switch') return description;
  if (isDerived(value)) return `${description} (default: ${value.text})`;
  const shown = Array.isArray(value) && value.length === 0 ? undefined : value;
  return shown === undefined ? description : `${description} (default: ${String(shown)})`;
}

/** Gives a command one flag for each field, grouped as the fields are. */
export function addFlags(command: Command, fields: Fields): Command {
  for (const [key, field] of Object.entries(fields)) {
    const flag = flagOf(key);
    command.addOption(
      new Option(`${flag} ${field.placeholder}`.trim(), describe(field)).helpGroup(`${field.group}:`),
    );
    if (field.kind === 'boolean') {
      command.addOption(new Option(flag.replace('--', '--no-')).helpGroup(`${field.group}:`).hideHelp());
    }
  }
  return command;
}

/** Parses a flag's text into its value; text that is none is left for the schema to reject. */
function valueOf({ kind }: Field, written: unknown): unknown {
  if (typeof written !== 'string') return written;
  if (kind === 'boolean' && (written === 'true' || written === 'false')) return written === 'true';
  if (kind !== 'integer' && kind !== 'number') return written;
  const value = Number(written);
  return written.trim() === '' || Number.isNaN(value) ? written : value;
}

/**
 * The fields' values among a command's options: only those that were given.
 *
 * @throws AttuneError INVALID_CONFIG that names the flag and what it takes.
 */
export function readFlags<F extends Fields>(
  fields: F,
  options: Readonly<Record<string, unknown>>,
): Partial<ValuesOf<F>> {
  const given = Object.entries(fields).flatMap(([key, field]) =>
    options[key] === undefined ? [] : [[key, valueOf(field, options[key])] as const],
  );
  return validate(fields, Object.fromEntries(given), { name: '', spell: flagOf });
}
