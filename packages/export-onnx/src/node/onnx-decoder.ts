import { AttuneError, type HostTensors } from '@attune/core';
import type * as OnnxRuntime from 'onnxruntime-node';
import { isAdapterInput } from '../adapter/adapter-inputs.js';

/** Tokens of several texts, padded on their left to one length. */
export interface DecoderStep {
  /** `[B, T]`. */
  readonly tokens: readonly (readonly number[])[];
  /** `[B, P + T]`: 1 for a token, 0 for padding. */
  readonly mask: readonly (readonly number[])[];
}

/** Keys and values of the tokens so far, by name: tensors of onnxruntime, whose types a caller need not have. */
export type DecoderCache = Readonly<Record<string, unknown>>;

/** The results of a step. */
export interface DecoderResult {
  /** `f32[B, T, V]`. */
  readonly logits: Float32Array;
  readonly cache: DecoderCache;
}

/** An exported decoder in onnxruntime. */
export interface OnnxDecoder {
  /** Reads tokens; without a cache, the first ones. */
  run(step: DecoderStep, cache?: DecoderCache): Promise<DecoderResult>;
  close(): Promise<void>;
}

/**
 * The package `onnxruntime-node`; `undefined` if it is not installed.
 *
 * @throws AttuneError BACKEND_UNAVAILABLE if it is, but does not load.
 */
async function loadRuntime(): Promise<typeof OnnxRuntime | undefined> {
  // Its packages for Linux and macOS send telemetry by default. It reads this once, when it loads.
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return undefined;
    throw new AttuneError('BACKEND_UNAVAILABLE', `onnxruntime-node does not load: ${String(cause)}.`, {
      cause,
    });
  }
}

/**
 * True if an exported model can be run here: the package `onnxruntime-node` is installed.
 *
 * @throws AttuneError BACKEND_UNAVAILABLE if it is, but does not load.
 */
export async function canRunOnnx(): Promise<boolean> {
  return (await loadRuntime()) !== undefined;
}

/**
 * Opens a decoder that was exported.
 *
 * @param path of the model's own file.
 * @param adapter what is fed to a decoder that takes adapters, by the names of its inputs. Those without a value get
 * matrices of rank 0.
 * @returns `undefined` where `onnxruntime-node` is not installed.
 * @throws AttuneError FILE_CORRUPT if onnxruntime refuses the model, BACKEND_UNAVAILABLE.
 */
export async function openOnnxDecoder(
  path: string,
  adapter: HostTensors = {},
): Promise<OnnxDecoder | undefined> {
  const runtime = await loadRuntime();
  if (!runtime) return undefined;
  const { InferenceSession, Tensor } = runtime;
  const session = await InferenceSession.create(path, { logSeverityLevel: 3 }).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AttuneError('FILE_CORRUPT', `onnxruntime does not load ${path}: ${reason}.`, { cause });
  });
  const caches = session.inputMetadata.flatMap((input) =>
    input.isTensor && input.name.startsWith('past_key_values.') ? [input] : [],
  );
  const factors = session.inputMetadata.flatMap((input): [string, OnnxRuntime.Tensor][] => {
    if (!input.isTensor || !isAdapterInput(input.name)) return [];
    const { shape, data } = adapter[input.name] ?? {
      shape: input.shape.map((length) => (typeof length === 'number' ? length : 0)),
      data: new Float32Array(0),
    };
    return [[input.name, new Tensor('float32', data as Float32Array, shape)]];
  });
  const integers = (rows: readonly (readonly number[])[]) =>
    new Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]);

  return {
    async run({ tokens, mask }, cache) {
      const rows = tokens.length;
      const past = caches.map(({ name, shape }): [string, OnnxRuntime.Tensor] => {
        const [, heads, , width] = shape as number[];
        return [
          name,
          (cache?.[name] as OnnxRuntime.Tensor | undefined) ??
            new Tensor('float32', new Float32Array(0), [rows, heads!, 0, width!]),
        ];
      });
      const results = await session.run({
        input_ids: integers(tokens),
        attention_mask: integers(mask),
        position_ids: integers(mask.map((row) => positions(row).slice(-tokens[0]!.length))),
        ...Object.fromEntries([...past, ...factors]),
      });
      const present = caches.map(({ name }): [string, OnnxRuntime.Tensor] => [
        name,
        results[name.replace('past_key_values', 'present')]!,
      ]);
      return { logits: results['logits']!.data as Float32Array, cache: Object.fromEntries(present) };
    },
    close: () => session.release(),
  };
}

/** The places of tokens in their texts. Padding has one too, which nothing depends on. */
function positions(mask: readonly number[]): number[] {
  let count = 0;
  return mask.map((kept) => (kept ? count++ : 1));
}
