/** The share of the machine that a process takes, as Linux tells it. Elsewhere nothing is known, and nothing found too much. */
import { readFileSync, writeFileSync } from 'node:fs';

const read = (pid, name) => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
};

/** Seconds of all its threads. */
export function cpuSecondsOf(pid) {
  const line = read(pid, 'stat');
  // Behind the command, which may hold blanks: the 14th and 15th field are ticks of a hundredth of a second.
  const [user = 0, system = 0] = line.slice(line.lastIndexOf(')') + 2).split(' ').slice(11, 13); // prettier-ignore
  return (Number(user) + Number(system)) / 100;
}

/** Bytes that it holds now, and the most that it held. */
export function memoryOf(pid) {
  const status = read(pid, 'status');
  const bytes = (key) => Number(new RegExp(`${key}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024;
  return { now: bytes('VmRSS'), most: bytes('VmHWM') };
}

/** Lets the most that this process held count anew from here. */
export function forgetMost() {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Not everywhere.
  }
}
