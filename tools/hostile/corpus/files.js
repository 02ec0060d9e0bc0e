/** Writes the parts that hostile files are made of. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** Replaces a JSON file by what becomes of its document. A text is written as it is. */
export function edit(path, change) {
  const document = readJson(path);
  const changed = change(document) ?? document;
  writeFileSync(path, typeof changed === 'string' ? changed : JSON.stringify(changed));
}

/** A safetensors file: the header as an object, or as text where no object has it; then the data. */
export function safetensors(header, data = Buffer.alloc(0), length) {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(length ?? text.length));
  return Buffer.concat([size, text, data]);
}

/** The header and the data of a safetensors file. */
export function parts(path) {
  const bytes = readFileSync(path);
  const end = 8 + Number(bytes.readBigUInt64LE());
  return { header: JSON.parse(bytes.subarray(8, end).toString()), data: bytes.subarray(end) };
}

/** Takes the place of a file or a folder. */
export function replace(path, write) {
  rmSync(path, { recursive: true, force: true });
  write(path);
}

/** A named pipe: whoever opens it to read waits for a writer. */
export const makePipe = (path) => execFileSync('mkfifo', [path]);

/** JSON with a value below so many lists. */
export const deep = (depth, inner = '1') => '['.repeat(depth) + inner + ']'.repeat(depth);

/** Commands to a terminal, of every kind: a title, a clear screen, a one-byte control, a turned direction. */
export const ESCAPES = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202eabc';
