import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { HostTensors } from '@attune/core';

interface Header {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

function readBytes(file: string, from: number, bytes: number): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes);
  const handle = openSync(file, 'r');
  try {
    for (let at = 0; at < bytes;)
      at += readSync(handle, new Uint8Array(buffer, at), 0, bytes - at, from + at);
  } finally {
    closeSync(handle);
  }
  return buffer;
}

/** The bf16 tensors of a folder's safetensors shards, each read when its numbers are asked for: never is more than one in memory. */
export function lazyWeights(folder: string): HostTensors {
  const files = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
  return Object.fromEntries(
    files.flatMap((name) => {
      const file = join(folder, name);
      const length = Number(new BigUint64Array(readBytes(file, 0, 8))[0]);
      const header = JSON.parse(new TextDecoder().decode(readBytes(file, 8, length))) as Record<
        string,
        Header
      >;
      return Object.entries(header).flatMap(([key, { dtype, shape, data_offsets: offsets }]) => {
        if (dtype !== 'BF16') return [];
        const [begin, end] = offsets;
        const read = () => new Uint16Array(readBytes(file, 8 + length + begin, end - begin));
        return [
          [
            key,
            {
              dtype: 'bf16',
              shape,
              get data() {
                return read();
              },
            },
          ] as const,
        ];
      });
    }),
  );
}
