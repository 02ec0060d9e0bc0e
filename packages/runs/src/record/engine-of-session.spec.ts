import { engineOfSession, flagsOfEngine, formatEngine, isSameEngine } from './engine-of-session.js';
import type { RunSession } from './run-record.js';

const session = (name: string, engine?: RunSession['backend']['engine']): RunSession => ({
  fromStep: 0,
  startedAt: '',
  backend: { name, device: 'a test', deterministic: true, ...(engine && { engine }) },
  versions: { attune: '0', node: '0', platform: 'test' },
});
const avx2 = { name: 'attune', version: '1', isa: 'avx2' };
const avx512 = { name: 'attune', version: '1', isa: 'avx512' };

test('a session says its engine; one of before says it by its backend', () => {
  expect(engineOfSession(session('cpu', avx2))).toEqual(avx2);
  expect(engineOfSession(session('cpu'))).toEqual({ name: 'onnxruntime' });
  expect(engineOfSession(session('wasm'))).toEqual({ name: 'tfjs' });
  expect(engineOfSession(session('webgpu'))).toBeUndefined();
  expect(engineOfSession(session('constructor'))).toBeUndefined();
});

test.each([
  [avx2, avx2, true],
  [avx2, avx512, false],
  [avx2, { ...avx2, version: '2' }, false],
  [{ name: 'tfjs' }, { name: 'tfjs', version: '4.22.0', isa: 'simd128' }, true],
  [{ name: 'tfjs' }, avx2, false],
  [undefined, undefined, true],
  [undefined, avx2, false],
])('%j gives the bits of %j: %p', (before, now, expected) => {
  expect(isSameEngine(before, now)).toBe(expected);
});

test('the flags choose what can be chosen: an engine, an instruction set, and no version', () => {
  expect(flagsOfEngine({ name: 'tfjs' }, avx2)).toBe('--engine tfjs');
  expect(flagsOfEngine(avx2, avx512)).toBe('--isa avx2');
  expect(flagsOfEngine(avx2, { ...avx2, version: '2' })).toBe('');
  expect(formatEngine(avx2)).toBe('attune 1 (avx2)');
  expect(formatEngine({ name: 'tfjs' })).toBe('tfjs');
});
