import { warning, type Check } from '../../facts/finding.js';

/** Flags that take something away that attune uses, and what. */
const HARMFUL: Readonly<Record<string, string>> = {
  '--jitless': 'WebAssembly is off, and JavaScript is slow',
  '--no-expose-wasm': 'WebAssembly is off',
  '--no-harmony-sharedarraybuffer': 'threads cannot share memory',
};

export const nodeFlags: Check = ({ node }) => {
  const found = (node?.flags ?? []).map((flag) => flag.replaceAll('_', '-')).filter((flag) => HARMFUL[flag]);
  if (found.length === 0) return [];
  return [
    warning(
      'node-flags',
      `Node runs with ${found.map((flag) => `${flag}: ${HARMFUL[flag]}`).join('; ')}`,
      'Leave it out of the command and of the variable NODE_OPTIONS.',
    ),
  ];
};
