import type { WritableFolder } from '@attune/files';
import { EVENT_FILE } from '@attune/runs';

/** True for the name of an event file that attune wrote. TensorBoard reads all with `tfevents` in it, by the order of names. */
export const isEventFile = (name: string): boolean => EVENT_FILE.test(name);

/** The name of an event file that begins now. */
export function eventFileName(milliseconds: number): string {
  const seconds = String(Math.floor(milliseconds / 1000)).padStart(10, '0');
  return `events.out.tfevents.${seconds}.${String(Math.floor(milliseconds) % 1000).padStart(3, '0')}.attune`;
}

/** The milliseconds in the name of an event file. */
function timeOf(name: string): number {
  const [, seconds, milliseconds] = EVENT_FILE.exec(name)!;
  return 1000 * Number(seconds) + Number(milliseconds);
}

/** Bytes that are gathered before they are written. */
const CHUNK_BYTES = 2 ** 16;

/** Small pieces as larger ones. */
async function* gathered(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let buffer = new Uint8Array(CHUNK_BYTES);
  let length = 0;
  for await (const piece of pieces) {
    if (length + piece.byteLength > buffer.byteLength) {
      if (length > 0) yield buffer.slice(0, length);
      length = 0;
      if (piece.byteLength > buffer.byteLength) buffer = new Uint8Array(piece.byteLength);
    }
    buffer.set(piece, length);
    length += piece.byteLength;
  }
  if (length > 0) yield buffer.slice(0, length);
}

/**
 * Writes an event file in place of those that attune wrote into a folder before. Others' files are left alone.
 *
 * @returns its name.
 * @throws AttuneError FILE_WRITE; what the events throw.
 */
export async function replaceEventFiles(
  folder: WritableFolder,
  events: AsyncIterable<Uint8Array>,
): Promise<string> {
  await folder.make();
  const earlier = ((await folder.list()) ?? []).filter(isEventFile);
  // Later than all of them, whatever the clock says: readers go by the order of names.
  const name = eventFileName(Math.max(Date.now(), ...earlier.map((old) => timeOf(old) + 1)));
  await folder.write(name, gathered(events));
  for (const old of earlier) await folder.remove(old);
  return name;
}
