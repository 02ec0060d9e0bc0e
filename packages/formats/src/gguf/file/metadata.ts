import { AttuneError } from '@attune/core';
import type { ByteWriter } from './byte-writer.js';

/** A value of a file's metadata, with the type that it is stored as. */
export type GgufValue =
  | { readonly type: 'u32' | 'i32' | 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'i32s' | 'f32s'; readonly value: ArrayLike<number> };

/** Metadata in the order of the file. */
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** The numbers by which files name the types. */
const TYPE_IDS = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;

const ELEMENTS = { strings: 'string', i32s: 'i32', f32s: 'f32' } as const;

const u32 = (value: number): GgufValue => ({ type: 'u32', value });
const f32 = (value: number): GgufValue => ({ type: 'f32', value });
const bool = (value: boolean): GgufValue => ({ type: 'bool', value });
const string = (value: string): GgufValue => ({ type: 'string', value });
const strings = (value: readonly string[]): GgufValue => ({ type: 'strings', value });
const i32s = (value: ArrayLike<number>): GgufValue => ({ type: 'i32s', value });

/** Values of each type. */
export const ggufValue = { u32, f32, bool, string, strings, i32s };

/** The numbers that a type holds. */
const HOLDS = {
  u32: (value: number) => value >>> 0 === value,
  i32: (value: number) => (value | 0) === value,
  f32: (value: number) => Number.isFinite(Math.fround(value)),
};

/** @throws AttuneError INVALID_ARGUMENT for a number that the type does not hold. */
function checkNumber(key: string, type: 'u32' | 'i32' | 'f32', value: number): void {
  if (HOLDS[type](value)) return;
  throw new AttuneError('INVALID_ARGUMENT', `${key} is ${value}, which the type ${type} does not hold.`);
}

function writeElement(to: ByteWriter, type: 'u32' | 'i32' | 'f32' | 'string', value: number | string): void {
  if (type === 'string') to.string(value as string);
  else to[type](value as number);
}

/** Appends a key and its value. @throws AttuneError INVALID_ARGUMENT for a number that its type does not hold. */
export function writeMetadata(to: ByteWriter, key: string, entry: GgufValue): void {
  to.string(key);
  const { type } = entry;
  switch (type) {
    case 'bool':
      to.u32(TYPE_IDS.bool);
      to.u8(entry.value ? 1 : 0);
      return;
    case 'strings':
    case 'i32s':
    case 'f32s': {
      const element = ELEMENTS[type];
      to.u32(TYPE_IDS.array);
      to.u32(TYPE_IDS[element]);
      to.u64(entry.value.length);
      for (let i = 0; i < entry.value.length; i++) writeElement(to, element, entry.value[i]!);
      return;
    }
    default:
      if (type !== 'string') checkNumber(key, type, entry.value);
      to.u32(TYPE_IDS[type]);
      writeElement(to, type, entry.value);
  }
}
