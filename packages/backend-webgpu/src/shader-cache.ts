import { GraphBuilder } from '@attune/core';
import { lower } from '@attune/lowering-onnx';
import type { Device } from './device.js';
import { openSession, type OrtModule } from './onnxruntime.js';

/** Keeps what onnxruntime has compiled for a device. */
export interface ShaderCache {
  /** To be awaited before a session is opened. */
  keep(): Promise<void>;
  /** Lets go of it: after the sessions, and before the device. To be called while no other session runs. */
  release(): Promise<void>;
}

/**
 * onnxruntime forgets every shader of a device when its last session there is released. Between a program that was disposed
 * of and the next, that is most of the time that a first run takes, so a session of one op stays open for as long as the
 * backend lives.
 */
export function shaderCache(ort: OrtModule, device: Device): ShaderCache {
  let opened: ReturnType<typeof openSession> | undefined;
  return {
    async keep() {
      opened ??= openSession(ort, device.gpu, smallestModel(), 'shader cache');
      try {
        await opened;
      } catch (error) {
        opened = undefined;
        throw error;
      }
    },
    async release() {
      const session = await opened;
      opened = undefined;
      // On a GPU that was lost it fails; a session that is not released holds memory, and nothing else.
      await session?.release().catch(() => undefined);
    },
  };
}

function smallestModel(): Uint8Array {
  const g = new GraphBuilder('shader cache');
  g.output('y', g.neg(g.feed('x', { shape: [1], dtype: 'f32' })));
  return lower(g.build(), { target: 'webgpu' }).model;
}
