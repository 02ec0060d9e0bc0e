/** A file of a zip archive, as its central directory describes it. */
export interface ZipEntry {
  readonly path: string;
  /** 0: stored as it is; 8: deflated. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc32: number;
  /** The bytes that the archive holds of it. */
  readonly compressed: Uint8Array<ArrayBuffer>;
  /** Bytes that it unpacks to, if the archive tells the truth. */
  readonly size: number;
}

const [END, END_64, LOCATOR_64, CENTRAL, LOCAL] = [
  0x06054b50, 0x06064b50, 0x07064b50, 0x02014b50, 0x04034b50,
];
const [END_BYTES, LOCATOR_BYTES, CENTRAL_BYTES, LOCAL_BYTES] = [22, 20, 46, 30];
const MAX_COMMENT_BYTES = 0xffff;
/** Stands for a number that is in the 64-bit extension. */
const ELSEWHERE = 0xffffffff;
const ZIP64_EXTRA = 1;
const [ENCRYPTED, UTF_8] = [1, 1 << 11];

/** A run has some dozens of files. */
const MAX_FILES = 0xffff;

/** Little-endian numbers of an archive. Outside of it, reading throws a RangeError. */
class Reader {
  private readonly view: DataView;

  constructor(readonly bytes: Uint8Array<ArrayBuffer>) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u16(at: number): number {
    return this.view.getUint16(at, true);
  }

  u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  u64(at: number): number {
    return this.u32(at) + this.u32(at + 4) * 2 ** 32;
  }

  /** @throws RangeError if the archive ends before. */
  slice(start: number, length: number): Uint8Array<ArrayBuffer> {
    if (start + length > this.bytes.byteLength) throw new RangeError('it ends in the midst of a file');
    return this.bytes.subarray(start, start + length);
  }

  /** The name of a file. Without the flag for UTF-8 it should be in code page 437, but ASCII is all that is seen. */
  name(start: number, length: number, flags: number): string {
    const bytes = this.slice(start, length);
    return new TextDecoder(flags & UTF_8 ? 'utf-8' : 'latin1').decode(bytes);
  }
}

/** The end record: the last that an archive has, but for a comment. */
function findEnd(reader: Reader): number {
  const last = reader.bytes.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT_BYTES); at--) {
    if (reader.u32(at) === END && at + END_BYTES + reader.u16(at + 20) === reader.bytes.byteLength) return at;
  }
  throw new RangeError('it has no list of its files');
}

/** How many files there are, and where their list begins. */
function findDirectory(reader: Reader): { readonly count: number; readonly start: number } {
  const end = findEnd(reader);
  const locator = end - LOCATOR_BYTES;
  if (locator >= 0 && reader.u32(locator) === LOCATOR_64) {
    const end64 = reader.u64(locator + 8);
    if (reader.u32(end64) !== END_64) throw new RangeError('its list of files is not where it should be');
    return { count: reader.u64(end64 + 32), start: reader.u64(end64 + 48) };
  }
  return { count: reader.u16(end + 10), start: reader.u32(end + 16) };
}

/** Numbers that have 64 bits, where 32 are not enough: they follow each other in the order of their fields. */
function wideNumbers(reader: Reader, start: number, length: number, narrow: readonly number[]): number[] {
  if (!narrow.includes(ELSEWHERE)) return [...narrow];
  for (let at = start; at + 4 <= start + length; at += 4 + reader.u16(at + 2)) {
    if (reader.u16(at) !== ZIP64_EXTRA) continue;
    let next = at + 4;
    return narrow.map((value) => {
      if (value !== ELSEWHERE) return value;
      next += 8;
      return reader.u64(next - 8);
    });
  }
  throw new RangeError('the length of a file is missing');
}

/** Where the bytes of a file begin: behind a header that has to be of the file that the list says is there. */
function beginOfContent(reader: Reader, header: number, path: string): number {
  if (reader.u32(header) !== LOCAL) throw new RangeError('a file is not where it should be');
  const [flags, nameLength, extraLength] = [6, 26, 28].map((field) => reader.u16(header + field)) as [
    number,
    number,
    number,
  ];
  const named = reader.name(header + LOCAL_BYTES, nameLength, flags);
  if (named !== path) throw new RangeError('a file has two names');
  return header + LOCAL_BYTES + nameLength + extraLength;
}

/**
 * The files of a zip archive, by its central directory. Nothing is unpacked and nothing is copied.
 *
 * @throws RangeError if it is no zip archive, is cut short, contradicts itself, or has more than 65,535 files.
 */
export function readZipDirectory(bytes: Uint8Array<ArrayBuffer>): ZipEntry[] {
  const reader = new Reader(bytes);
  const { count, start } = findDirectory(reader);
  if (count > MAX_FILES) throw new RangeError(`it has more than ${MAX_FILES} files`);
  const entries: ZipEntry[] = [];
  for (let i = 0, at = start; i < count; i++) {
    if (reader.u32(at) !== CENTRAL) throw new RangeError('its list of files is damaged');
    const [flags, method] = [reader.u16(at + 8), reader.u16(at + 10)];
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => reader.u16(at + field)) as [
      number,
      number,
      number,
    ];
    const path = reader.name(at + CENTRAL_BYTES, nameLength, flags);
    const extra = at + CENTRAL_BYTES + nameLength;
    const narrow = [24, 20, 42].map((field) => reader.u32(at + field));
    const [size, length, header] = wideNumbers(reader, extra, extraLength, narrow) as [
      number,
      number,
      number,
    ];
    entries.push({
      ...{ path, method, size },
      encrypted: (flags & ENCRYPTED) !== 0,
      crc32: reader.u32(at + 16),
      compressed: reader.slice(beginOfContent(reader, header, path), length),
    });
    at = extra + extraLength + commentLength;
  }
  return entries;
}
