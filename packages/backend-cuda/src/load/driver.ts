import { existsSync, readFileSync } from 'node:fs';

/** Files of the machine that say whether NVIDIA's driver runs. Tests bring their own. */
export interface MachineFiles {
  exists(path: string): boolean;
  /** `undefined` where there is no such file. */
  read(path: string): string | undefined;
}

/** The machine's own files. */
const machineFiles: MachineFiles = {
  exists: existsSync,
  read: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  },
};

/** NVIDIA's driver, as the kernel shows it. */
export interface Driver {
  /** E.g. `550.54.15`, where it can be read. */
  readonly version?: string;
}

const VERSION_FILE = '/proc/driver/nvidia/version';

/** Where the driver leaves a trace: its control device, WSL's GPU, and Windows' CUDA library. */
const traces = ['/dev/nvidiactl', '/usr/lib/wsl/lib/libcuda.so.1', 'C:\\Windows\\System32\\nvcuda.dll'];

/** Looks for NVIDIA's driver. A container that was given no GPU shows none, whatever its host has. */
export function findDriver(files: MachineFiles = machineFiles): Driver | undefined {
  const version = files.read(VERSION_FILE);
  if (version !== undefined) return { version: /\s(\d+\.\d[\d.]*)\s/.exec(version)?.[1] };
  return traces.some((path) => files.exists(path)) ? {} : undefined;
}
