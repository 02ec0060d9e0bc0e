import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../load/environment.js';

/** The outcome of loading TensorFlow. */
export type Probe =
  | {
      readonly loaded: true;
      readonly tensorflow: string;
      readonly gpu: boolean;
      /** A product of two square float32 matrices of this size. */
      readonly matmul: { readonly size: number; readonly flops: number };
    }
  | { readonly loaded: false; readonly reason: string; readonly fix?: string };

/** A probe, and what TensorFlow said about GPUs meanwhile. */
export interface ProbeReport {
  readonly probe: Probe;
  readonly notices: readonly string[];
  /** Libraries that it tried to open, and that the dynamic linker did not find: `libcudnn.so.9`. */
  readonly missing: readonly string[];
}

const TIMEOUT_MS = 120_000;

/** Lines on the opening of a library. */
const OPENING = /^(Could not load|Successfully opened) dynamic library/;

/** The lines of TensorFlow's log that tell why a GPU is or is not used, without time and place. */
export function noticesOf(log: string): string[] {
  const lines = log.split('\n').flatMap((line) => {
    const [, text] = /^(?:\S+ \S+\s+)?[IWEF]\S*\s.*?\] (.*)$/.exec(line) ?? [];
    const matters = text && /cuda|cuInit|cudnn|cublas|gpu|nvidia|dlopen/i.test(text);
    // Which libraries it opened, and which it did not, is a finding of its own.
    return matters && !OPENING.test(text) ? [text.trim()] : [];
  });
  return [...new Set(lines)];
}

/** The libraries that, by its log, TensorFlow looked for in vain. */
export function missingIn(log: string): string[] {
  return [
    ...new Set([...log.matchAll(/Could not load dynamic library '([^']+)'/g)].map(([, name]) => name!)),
  ];
}

/**
 * The environment in which TensorFlow logs each library that it opens. By default, newer versions only say that some
 * could not be opened.
 */
function loudly(env: Environment): Environment {
  const modules = ['dso_loader=1', env['TF_CPP_VMODULE']].filter(Boolean).join(',');
  return { ...env, TF_CPP_MIN_LOG_LEVEL: '0', TF_CPP_VMODULE: modules };
}

/**
 * Loads TensorFlow in a process of its own, and measures it there. Never throws.
 *
 * @param address of the package, where it is not to be looked for.
 */
export function probe(
  address?: string,
  file = new URL('./probe-process.js', import.meta.url),
): Promise<ProbeReport> {
  const env = loudly(process.env);
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [fileURLToPath(file), ...(address === undefined ? [] : [address])],
      { env, timeout: TIMEOUT_MS, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        const said = { notices: noticesOf(stderr), missing: missingIn(stderr) };
        try {
          resolve({ probe: JSON.parse(stdout.trim().split('\n').at(-1)!) as Probe, ...said });
        } catch {
          const how = error?.signal ? `was ended by ${error.signal}` : `ended with code ${error?.code ?? 0}`;
          const last = stderr.trim().split('\n').at(-1);
          const reason = `the process that loaded TensorFlow ${how}${last ? `: ${last}` : ''}`;
          resolve({ probe: { loaded: false, reason }, ...said });
        }
      },
    );
  });
}
