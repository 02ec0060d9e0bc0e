import type { EngineIdentity } from '@attune/core';
import type { RunSession } from './run-record.js';

/** An engine, as far as a record tells. */
export type KnownEngine = Pick<EngineIdentity, 'name'> & Partial<EngineIdentity>;

/** The engines that backends had before they had several, and records named one. */
const formerEngines: Readonly<Partial<Record<string, string>>> = { wasm: 'tfjs', cpu: 'onnxruntime' };

/** The engine that a session computed with; `undefined` where its backend has none to choose. */
export function engineOfSession({ backend: { name, engine } }: RunSession): KnownEngine | undefined {
  if (engine) return engine;
  const former = Object.hasOwn(formerEngines, name) ? formerEngines[name] : undefined;
  return former === undefined ? undefined : { name: former };
}

/** True if two engines give the same bits. Of what a record does not tell, it has nothing against it. */
export function isSameEngine(before: KnownEngine | undefined, now: KnownEngine | undefined): boolean {
  if (!before || !now) return before === now;
  return (['name', 'version', 'isa'] as const).every(
    (key) => before[key] === undefined || before[key] === now[key],
  );
}

/** `attune 1 (avx512)` */
export function formatEngine({ name, version, isa }: KnownEngine): string {
  return [name, version, isa && `(${isa})`].filter(Boolean).join(' ');
}

/** The flags that choose an engine again, as far as they tell it from another. */
export function flagsOfEngine(before: KnownEngine, now: KnownEngine): string {
  if (before.name !== now.name) return `--engine ${before.name}`;
  return before.isa === undefined || before.isa === now.isa ? '' : `--isa ${before.isa}`;
}
