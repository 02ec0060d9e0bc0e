import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { AttuneError, sizeOf } from '@attune/core';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProtoSchema,
  type TensorProto,
} from '../schema/onnx_pb.js';
import type { OnnxGraph, Weight } from '../writer/graph.js';
import { modelProto } from '../writer/model.js';
import { graphProto, nameOf, weightHeader } from '../writer/protos.js';

/** How the weights of a model are spread over files. */
export interface ModelFileOptions {
  /** Name of the model's own file, e.g. `model.onnx`. */
  readonly file: string;
  /** Weights of more bytes than this lie beside the model: one of 2 GiB cannot be read. Default: 16 MiB less than that. */
  readonly maxModelBytes?: number;
  /** Bytes a file of weights is begun anew after. Default 2 · 10⁹: what a browser can hold in one buffer. */
  readonly maxDataBytes?: number;
}

/** The files of a model by name, the model's own first. Each can be read once; weights are read as they are written. */
export type ModelFiles = ReadonlyMap<string, AsyncIterable<Uint8Array>>;

/** Where weights begin in a file of theirs: a page, so that the file can be mapped into memory. */
const ALIGNMENT = 4096;

// Numbers of fields in ONNX's schema.
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_RAW_DATA = 9;

/** The protobuf key and length of a field of `bytes` bytes. */
function fieldHeader(field: number, bytes: number): Uint8Array {
  return new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(bytes).finish();
}

/** A weight, and the message of the model that describes it. */
interface Described {
  readonly weight: Weight;
  readonly header: TensorProto;
}

function weightsOf(graph: OnnxGraph): Described[] {
  return [...graph.initializers].flatMap(([id, one]) =>
    one.kind === 'weight'
      ? [{ weight: one.weight, header: weightHeader(one.weight, nameOf(graph, id)) }]
      : [],
  );
}

function sizeInBytes({ elementType, shape }: Weight): number {
  return sizeOf(shape) * (elementType === 'f32' ? 4 : 2);
}

/** A weight's bytes. @throws AttuneError CHECKPOINT_MISMATCH if there are more or fewer than its shape asks for. */
async function bytesOf(weight: Weight): Promise<Uint8Array> {
  const bytes = await weight.read();
  const expected = sizeInBytes(weight);
  if (bytes.byteLength === expected) return bytes;
  throw new AttuneError(
    'CHECKPOINT_MISMATCH',
    `The weight ${weight.name} must have ${expected} bytes, but has ${bytes.byteLength}.`,
  );
}

/** The message of a model up to its graph's fields, of which `graphBytes` follow. */
function modelHeader(graph: OnnxGraph, graphBytes: number): Uint8Array {
  return concat([toBinary(ModelProtoSchema, modelProto(graph)), fieldHeader(MODEL_GRAPH, graphBytes)]);
}

/** The model in one file. A message is the sequence of its fields, so that weights can be written one by one. */
async function* embedded(graph: OnnxGraph, weights: readonly Described[]): AsyncGenerator<Uint8Array> {
  const rest = toBinary(GraphProtoSchema, graphProto(graph));
  const heads = weights.map(({ weight, header }) => {
    const bytes = sizeInBytes(weight);
    const tensor = concat([toBinary(TensorProtoSchema, header), fieldHeader(TENSOR_RAW_DATA, bytes)]);
    return concat([fieldHeader(GRAPH_INITIALIZER, tensor.length + bytes), tensor]);
  });
  const size = weights.reduce(
    (sum, { weight }, i) => sum + heads[i]!.length + sizeInBytes(weight),
    rest.length,
  );
  yield modelHeader(graph, size);
  yield rest;
  for (const [i, { weight }] of weights.entries()) {
    yield heads[i]!;
    yield await bytesOf(weight);
  }
}

/** Where a weight lies in the files beside the model. */
interface Place extends Described {
  readonly offset: number;
}

/** Weights in the order given, spread over as few files as there have to be. */
function placeWeights(weights: readonly Described[], maxBytes: number): Place[][] {
  const files: Place[][] = [];
  let end = Infinity;
  for (const described of weights) {
    const bytes = sizeInBytes(described.weight);
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    const fits = offset + bytes <= maxBytes;
    if (!fits) files.push([]);
    files.at(-1)!.push({ ...described, offset: fits ? offset : 0 });
    end = (fits ? offset : 0) + bytes;
  }
  return files;
}

async function* dataFile(places: readonly Place[]): AsyncGenerator<Uint8Array> {
  let end = 0;
  for (const { weight, offset } of places) {
    if (offset > end) yield new Uint8Array(offset - end);
    yield await bytesOf(weight);
    end = offset + sizeInBytes(weight);
  }
}

async function* withExternalData(
  graph: OnnxGraph,
  files: readonly (readonly Place[])[],
  fileOf: (index: number) => string,
): AsyncGenerator<Uint8Array> {
  const proto = graphProto(graph);
  for (const [index, places] of files.entries()) {
    for (const { weight, header, offset } of places) {
      const place = { location: fileOf(index), offset, length: sizeInBytes(weight) };
      const externalData = Object.entries(place).map(([key, value]) =>
        create(StringStringEntryProtoSchema, { key, value: String(value) }),
      );
      proto.initializer.push({ ...header, dataLocation: DataLocation.EXTERNAL, externalData });
    }
  }
  const bytes = toBinary(GraphProtoSchema, proto);
  yield modelHeader(graph, bytes.length);
  yield bytes;
}

/**
 * A graph as the files of an ONNX model. Its weights are part of the model's own file, unless they are too many: then
 * they lie beside it, in `<file>_data`, `<file>_data_1` and so on, as transformers.js looks for them.
 */
export function modelFiles(graph: OnnxGraph, options: ModelFileOptions): ModelFiles {
  const { file, maxModelBytes = 2 ** 31 - 2 ** 24, maxDataBytes = 2e9 } = options;
  const weights = weightsOf(graph);
  if (weights.reduce((sum, { weight }) => sum + sizeInBytes(weight), 0) <= maxModelBytes) {
    return new Map([[file, embedded(graph, weights)]]);
  }
  const fileOf = (index: number) => `${file}_data${index === 0 ? '' : `_${index}`}`;
  const files = placeWeights(weights, maxDataBytes);
  return new Map([
    [file, withExternalData(graph, files, fileOf)],
    ...files.map((places, index) => [fileOf(index), dataFile(places)] as const),
  ]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
