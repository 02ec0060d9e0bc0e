import { shellWord } from '@attune/core';
import { convertCommand, renamed, sidecar } from './commands.js';

/** The purpose that a text is read for: as it is, or as JSON lines. */
export type TextUse = 'text' | 'rows';

/** A kind of file that is not text, as its first bytes tell. */
export interface FileKind {
  readonly id: string;
  /** For messages: `a zip archive`. */
  readonly called: string;
  /** The next step, with the command where there is one. */
  readonly fix: (file: string, use: TextUse) => string;
}

interface KnownKind extends FileKind {
  readonly matches: (head: Uint8Array) => boolean;
}

/** So many bytes of a file are looked at. */
export const HEAD_BYTES = 4096;

const bytesOf = (magic: string) => Array.from(magic, (char) => char.charCodeAt(0));

/** True if a file has certain bytes at `offset`; each character of `magic` is one byte. */
function has(magic: string, offset = 0): (head: Uint8Array) => boolean {
  const expected = bytesOf(magic);
  return (head) => expected.every((byte, i) => head[offset + i] === byte);
}

const any =
  (...tests: ((head: Uint8Array) => boolean)[]) =>
  (head: Uint8Array) =>
    tests.some((test) => test(head));

/** For marks that a text may begin with, too. */
const binary = (test: (head: Uint8Array) => boolean) => (head: Uint8Array) => test(head) && looksBinary(head);

/** Unpacks one file to its name without the archive's ending. */
const unpackWith = (command: string, ending: string) => (file: string) =>
  `Unpack it first: \`${command} ${shellWord(file)} > ${shellWord(renamed(file, ending, ''))}\`.`;

const extractWith = (command: string) => (file: string) =>
  `Unpack it first: \`${command} ${shellWord(file)}\`, and name the file that was in it.`;

const convertFrom = (encoding: string) => (file: string) =>
  `Convert it first: \`${convertCommand(encoding, file, sidecar(file, '.utf8'))}\`.`;

/** Tables that Hugging Face's `datasets` reads: as JSON lines, or one column as text. */
const tableWith = (method: string, ending: string) => (file: string, use: TextUse) => {
  const [what, out, write] =
    use === 'rows'
      ? ['Write it as JSON lines', renamed(file, ending, '.jsonl'), 'd.to_json(sys.argv[2])']
      : [
          'Write its column of text to a file',
          renamed(file, ending, '.txt'),
          String.raw`open(sys.argv[2], 'w', encoding='utf-8').write('\n'.join(d['text']))`,
        ];
  const script = `import sys; from datasets import Dataset; d = Dataset.${method}(sys.argv[1]); ${write}`;
  return `${what} first: \`python3 -c "${script}" ${shellWord(file)} ${shellWord(out)}\`.`;
};

/** For files that may hold anything: the user knows which part is wanted. */
const writeWanted = (_file: string, use: TextUse) =>
  `Write what is needed of it to a file of ${use === 'rows' ? 'JSON lines' : 'text'} first.`;

const MODEL_FIX = 'Weights are no data: to use them, name their folder, as in `attune generate --model DIR`.';
const TOKENS_FIX =
  'Token files are for `attune pretrain --data` and `attune evaluate --data`, which take the folder that they are in.';

/** In the order in which they are looked for. */
const KINDS: readonly KnownKind[] = [
  {
    id: 'gzip',
    called: 'a gzip archive',
    matches: has('\x1f\x8b'),
    fix: unpackWith('gzip -dc', '.gz'),
  },
  {
    id: 'zstd',
    called: 'a Zstandard archive',
    matches: has('\x28\xb5\x2f\xfd'),
    fix: unpackWith('zstd -dc', '.zst'),
  },
  {
    id: 'bzip2',
    called: 'a bzip2 archive',
    matches: (head) =>
      has('BZh')(head) && any(has('\x31\x41\x59\x26\x53\x59', 4), has('\x17\x72\x45\x38\x50\x90', 4))(head),
    fix: unpackWith('bzip2 -dc', '.bz2'),
  },
  {
    id: 'xz',
    called: 'an xz archive',
    matches: has('\xfd7zXZ\0'),
    fix: unpackWith('xz -dc', '.xz'),
  },
  {
    id: 'lz4',
    called: 'an LZ4 archive',
    matches: has('\x04\x22\x4d\x18'),
    fix: unpackWith('lz4 -dc', '.lz4'),
  },
  {
    id: 'office',
    called: 'an Office document, such as a workbook of Excel',
    matches: (head) => has('PK\x03\x04')(head) && has('[Content_Types].xml', 30)(head),
    fix: (_, use) =>
      use === 'rows'
        ? 'Save it as CSV (UTF-8) in the program that wrote it, and turn that into JSON lines.'
        : 'Save it as text (UTF-8) in the program that wrote it.',
  },
  {
    id: 'zip',
    called: 'a zip archive',
    matches: any(has('PK\x03\x04'), has('PK\x05\x06')),
    fix: extractWith('unzip'),
  },
  { id: '7z', called: 'a 7z archive', matches: has('7z\xbc\xaf\x27\x1c'), fix: extractWith('7z x') },
  { id: 'rar', called: 'a RAR archive', matches: has('Rar!\x1a\x07'), fix: extractWith('unrar x') },
  { id: 'tar', called: 'a tar archive', matches: binary(has('ustar', 257)), fix: extractWith('tar -xf') },
  {
    id: 'parquet',
    called: 'a Parquet file',
    matches: binary(has('PAR1')),
    fix: tableWith('from_parquet', '.parquet'),
  },
  {
    id: 'arrow',
    called: 'an Arrow file',
    // A file, a stream as `datasets` saves it (a marker, then the length of a schema), and the first Feather.
    matches: (head) =>
      any(has('ARROW1\0\0'), binary(has('FEA1')))(head) ||
      (has('\xff\xff\xff\xff')(head) && head.length > 8 && head[7] === 0 && head[6] === 0),
    fix: tableWith('from_file', '.arrow'),
  },
  {
    id: 'sqlite',
    called: 'an SQLite database',
    matches: has('SQLite format 3\0'),
    fix: writeWanted,
  },
  {
    id: 'numpy',
    called: 'a NumPy array',
    matches: has('\x93NUMPY'),
    fix: () => TOKENS_FIX,
  },
  {
    id: 'hdf5',
    called: 'an HDF5 file',
    matches: has('\x89HDF\r\n\x1a\n'),
    fix: writeWanted,
  },
  {
    id: 'pickle',
    called: 'a pickle of Python',
    matches: (head) => head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5,
    fix: (_, use) =>
      `Pickles can run code, and are not opened. Write ${use === 'rows' ? 'JSON lines' : 'text'} where it was made.`,
  },
  {
    id: 'safetensors',
    called: 'a safetensors file',
    matches: (head) => has('{"', 8)(head) && head[5] === 0 && head[6] === 0 && head[7] === 0,
    fix: () => MODEL_FIX,
  },
  { id: 'gguf', called: 'a GGUF file', matches: binary(has('GGUF')), fix: () => MODEL_FIX },
  {
    id: 'tokens',
    called: 'a token file with the header of llm.c',
    // 20240520 and 20240801, little-endian.
    matches: any(has('\x88\xd8\x34\x01'), has('\xa1\xd9\x34\x01')),
    fix: () => TOKENS_FIX,
  },
  {
    id: 'pdf',
    called: 'a PDF document',
    matches: has('%PDF-'),
    fix: (file) =>
      `Take its text out first: \`pdftotext ${shellWord(file)} ${shellWord(renamed(file, '.pdf', '.txt'))}\`.`,
  },
  {
    id: 'git-lfs',
    called: 'a pointer of Git LFS, in place of a file that was not downloaded',
    matches: has('version https://git-lfs.github.com/spec/'),
    fix: () => 'Fetch the file itself: run `git lfs pull` in the repository that it is in.',
  },
  {
    id: 'utf-32',
    called: 'text in UTF-32',
    matches: any(has('\xff\xfe\0\0'), has('\0\0\xfe\xff')),
    fix: convertFrom('UTF-32'),
  },
  {
    id: 'utf-32le',
    called: 'text in UTF-32 (little-endian, without a byte order mark)',
    matches: (head) =>
      head.length >= 8 && zeros(head, 4).every((share, i) => (i === 0 ? share === 0 : share > 0.9)),
    fix: convertFrom('UTF-32LE'),
  },
  {
    id: 'utf-32be',
    called: 'text in UTF-32 (big-endian, without a byte order mark)',
    matches: (head) =>
      head.length >= 8 && zeros(head, 4).every((share, i) => (i === 3 ? share === 0 : share > 0.9)),
    fix: convertFrom('UTF-32BE'),
  },
  {
    id: 'utf-16le',
    called: 'text in UTF-16 (little-endian, without a byte order mark)',
    matches: (head) => isHalfZero(head, 1),
    fix: convertFrom('UTF-16LE'),
  },
  {
    id: 'utf-16be',
    called: 'text in UTF-16 (big-endian, without a byte order mark)',
    matches: (head) => isHalfZero(head, 0),
    fix: convertFrom('UTF-16BE'),
  },
  {
    id: 'zeros',
    called: 'a file of NUL bytes, as a crash or a download that was cut off leaves behind',
    matches: (head) => head.length >= 16 && head.every((byte) => byte === 0),
    fix: () => 'Make or download it again.',
  },
  {
    id: 'binary',
    called: 'a binary file',
    matches: (head) => head.length >= 16 && zeros(head, 1)[0]! > 0.2,
    fix: () => 'Many of its bytes are NUL, which text has not: check that it is the file you mean.',
  },
];

/** The share of zeros at each place of a group, in bytes grouped by `size`. */
function zeros(head: Uint8Array, size: number): number[] {
  const groups = Math.floor(head.length / size);
  return Array.from({ length: size }, (_, place) => {
    let count = 0;
    for (let group = 0; group < groups; group++) count += head[group * size + place] === 0 ? 1 : 0;
    return count / groups;
  });
}

/**
 * True if, of each pair of bytes, the one at `place` is mostly zero and the other never: text in Latin letters as UTF-16.
 * JSON, whatever it says, has enough signs of ASCII for a third of its characters to be such pairs.
 */
function isHalfZero(head: Uint8Array, place: 0 | 1): boolean {
  if (head.length < 8) return false;
  const shares = zeros(head, 2);
  return shares[place]! > 0.3 && shares[1 - place] === 0;
}

/** The kind of a file that is not text; `undefined` if nothing speaks against reading it as text. */
export function fileKindOf(head: Uint8Array): FileKind | undefined {
  return KINDS.find(({ matches }) => matches(head));
}

/** The byte order of UTF-16, if bytes begin with its mark. */
export function utf16Of(head: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  // The mark of UTF-32 begins with that of UTF-16.
  if (has('\xff\xfe\0\0')(head)) return undefined;
  if (has('\xff\xfe')(head)) return 'utf-16le';
  return has('\xfe\xff')(head) ? 'utf-16be' : undefined;
}

/** True if bytes that are no UTF-8 are unlikely to be text in any encoding: they have control characters. */
export function looksBinary(bytes: Uint8Array): boolean {
  return bytes.some(
    (byte) => byte < 0x20 && !(byte >= 0x08 && byte <= 0x0d) && byte !== 0x1a && byte !== 0x1b,
  );
}
