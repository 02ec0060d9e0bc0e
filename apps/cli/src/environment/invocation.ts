import type { Context } from './context.js';

/**
 * The command to type for another `attune` command, as the user came to this one: npm and npx put `attune` on the PATH of
 * their own processes only. Under npx it is the package's name, since that of its command belongs to whoever registers it.
 *
 * @see https://docs.npmjs.com/cli/v11/using-npm/scripts#environment
 */
export function attuneCommand({ env }: Pick<Context, 'env'>): string {
  const npm = env['npm_command'];
  if (npm === undefined) return 'attune';
  return npm === 'exec' ? 'npx @attune/cli' : 'npx attune';
}
