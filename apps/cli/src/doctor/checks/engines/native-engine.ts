import type { MachineFacts } from '../../facts/facts.js';
import { ok, warning, type Check } from '../../facts/finding.js';

const id = 'native-engine';

/** How to get the addon where there is none. */
function howToInstall({ inCheckout, compiler, platform }: MachineFacts, packageName: string): string {
  if (!inCheckout) {
    return (
      `Install it: npm install ${packageName}. If npm left it out, the lockfile was made on another platform, or with ` +
      '--omit=optional. The engine runs as WebAssembly meanwhile.'
    );
  }
  if (compiler !== null) return 'Build it: npm run build.';
  const how = platform === 'darwin' ? 'xcode-select --install' : 'e.g. apt-get install gcc';
  return `Install a C compiler (${how}), then: npm run build.`;
}

/** Why a file that is there does not load, by what the dynamic linker says of it. */
function howToLoad(message: string): string {
  if (/GLIBC|version `/.test(message)) {
    return 'The system is older than the engine: it needs glibc 2.28 or later. Use a newer system, or --backend wasm.';
  }
  if (/musl|ld-linux|No such file/.test(message)) {
    return 'It is built for another C library: remove node_modules and the lockfile, and install again on this system.';
  }
  if (/wrong ELF class|invalid ELF|incompatible architecture|not a valid Win32|mach-o/i.test(message)) {
    return 'It is damaged, or of another platform: remove node_modules, and install again on this machine.';
  }
  return 'Remove node_modules, and install again on this machine; in a checkout, npm run build. --backend wasm needs no native code.';
}

/** The native engine of `--backend cpu`. Without it, the same kernels run as WebAssembly. */
export const nativeEngine: Check = (facts) => {
  const { native, backends } = facts;
  if (!native) return [];
  const { state, fault: reason = '', packageName, isas } = native;
  if (state === 'missing') {
    return [warning(id, reason, howToInstall(facts, packageName))];
  }
  if (state === 'does-not-load') return [warning(id, reason, howToLoad(reason))];
  if (state === 'processor') {
    return [
      warning(
        id,
        reason,
        'Use --backend wasm. In a virtual machine, pass the processor through: -cpu host in QEMU, a newer CPU type elsewhere.',
      ),
    ];
  }
  const cpu = backends?.find(({ name }) => name === 'cpu')?.availability;
  if (cpu?.available === false && /another version/.test(cpu.reason)) {
    const fix = facts.inCheckout
      ? 'Build it again: npm run build.'
      : `Install both again: npm install @attune/engine ${packageName}.`;
    return [
      warning(
        'native-engine-version',
        `the native engine is of another version than attune: ${cpu.reason}`,
        fix,
      ),
    ];
  }
  return [ok(id, `native engine, ${isas.join(', ')}`)];
};
