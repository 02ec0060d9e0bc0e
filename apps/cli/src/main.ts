import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/**
 * Runs the command line.
 *
 * @param args what follows `attune`
 * @returns the exit code of the process
 */
export async function main(args: readonly string[]): Promise<number> {
  if (args.length === 0 || args[0] === '--version') {
    console.log(`attune ${version}\n\nNo command exists yet.`);
    return 0;
  }
  console.error(`Unknown command '${args[0]}': no command exists yet.`);
  return 2;
}
