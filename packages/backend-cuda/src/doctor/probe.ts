import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What came of loading TensorFlow. */
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
}

const TIMEOUT_MS = 120_000;

/** The lines of TensorFlow's log that tell why a GPU is or is not used, without time and place. */
export function noticesOf(log: string): string[] {
  const lines = log.split('\n').flatMap((line) => {
    const [, text] = /^(?:\S+ \S+\s+)?[IWEF]\S*\s.*?\] (.*)$/.exec(line) ?? [];
    return text && /cuda|cudnn|cublas|gpu|nvidia|dlopen|dso_loader/i.test(text) ? [text.trim()] : [];
  });
  return [...new Set(lines)];
}

/** Loads TensorFlow in a process of its own, and measures it there. Never throws. */
export function probe(file = new URL('./probe-process.js', import.meta.url)): Promise<ProbeReport> {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '0' };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [fileURLToPath(file)],
      { env, timeout: TIMEOUT_MS, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        const notices = noticesOf(stderr);
        try {
          resolve({ probe: JSON.parse(stdout.trim().split('\n').at(-1)!) as Probe, notices });
        } catch {
          const how = error?.signal ? `was ended by ${error.signal}` : `ended with code ${error?.code ?? 0}`;
          const last = stderr.trim().split('\n').at(-1);
          const reason = `the process that loaded TensorFlow ${how}${last ? `: ${last}` : ''}`;
          resolve({ probe: { loaded: false, reason }, notices });
        }
      },
    );
  });
}
