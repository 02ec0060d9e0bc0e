import { closedError, shortenedError, type OpenFile } from '../bytes/byte-source.js';
import type { SyncReadableFile } from './file-system.js';

/**
 * A file of the private file system that a worker has open: `await handle.createSyncAccessHandle()`. The fastest way to
 * read; while it is open, nothing else may write to the file. It is closed with the file.
 */
export function accessHandleFile(access: SyncReadableFile, name: string): OpenFile {
  let closed = false;
  return {
    name,
    size: access.getSize(),
    async read(offset, length) {
      if (closed) throw closedError(name);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const count = access.read(bytes.subarray(done), { at: offset + done });
        if (count === 0) throw shortenedError(name, offset + done);
        done += count;
      }
      return bytes;
    },
    async close() {
      if (!closed) access.close();
      closed = true;
    },
  };
}
