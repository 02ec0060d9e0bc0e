import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { frameRecord } from './record.js';

/** A number under a name. */
export interface Scalar {
  readonly tag: string;
  readonly value: number;
}

/** When something happened. */
export interface EventTime {
  readonly step: number;
  /** Seconds since 1970. */
  readonly wallTime: number;
}

// Numbers of fields in TensorFlow's event.proto, summary.proto and tensor.proto.
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 };
const SESSION_LOG_STATUS = 1;
const SESSION_START = 1;
const SUMMARY_VALUE = 1;
const VALUE = { tag: 1, simple: 2, tensor: 8, metadata: 9 };
const METADATA = { plugin: 1, dataClass: 4 };
const PLUGIN_NAME = 1;
const TENSORS = 2;
const TENSOR = { dtype: 1, shape: 2, strings: 8 };
const STRING = 7;

/** A message in a field. */
function message(writer: BinaryWriter, field: number, write: (inner: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}

/** An event as it stands in a file. */
function event({ step, wallTime }: EventTime, write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter().tag(EVENT.wallTime, WireType.Bit64).double(wallTime);
  if (step !== 0) writer.tag(EVENT.step, WireType.Varint).int64(step);
  write(writer);
  return frameRecord(writer.finish());
}

/** The record that a file begins with. */
export function fileVersion(wallTime: number): Uint8Array {
  return event({ step: 0, wallTime }, (writer) =>
    writer.tag(EVENT.fileVersion, WireType.LengthDelimited).string('brain.Event:2'),
  );
}

/**
 * The begin of a session at step 0: a reader forgets all that it read of earlier files in the folder, so that one which is
 * written anew does not tell of any step twice.
 */
export function sessionStart(wallTime: number): Uint8Array {
  return event({ step: 0, wallTime }, (writer) =>
    message(writer, EVENT.sessionLog, (log) =>
      log.tag(SESSION_LOG_STATUS, WireType.Varint).int32(SESSION_START),
    ),
  );
}

/** Numbers of a step, as f32, in the form that every reader takes: `simple_value`. */
export function scalarEvent(time: EventTime, scalars: readonly Scalar[]): Uint8Array {
  return event(time, (writer) =>
    message(writer, EVENT.summary, (summary) => {
      for (const { tag, value } of scalars) {
        message(summary, SUMMARY_VALUE, (one) =>
          one
            .tag(VALUE.tag, WireType.LengthDelimited)
            .string(tag)
            .tag(VALUE.simple, WireType.Bit32)
            // What f32 has no room for becomes infinite, as everywhere where f32 is computed with.
            .float(Math.fround(value)),
        );
      }
    }),
  );
}

/** A text of a step. It is shown as it is: TensorBoard reads Markdown, in which four spaces say so. */
export function textEvent(time: EventTime, tag: string, text: string): Uint8Array {
  const verbatim = text.replace(/^|(?<=\n)/g, '    ');
  return event(time, (writer) =>
    message(writer, EVENT.summary, (summary) =>
      message(summary, SUMMARY_VALUE, (one) => {
        one.tag(VALUE.tag, WireType.LengthDelimited).string(tag);
        message(one, VALUE.tensor, (tensor) => {
          tensor.tag(TENSOR.dtype, WireType.Varint).int32(STRING);
          message(tensor, TENSOR.shape, () => undefined);
          tensor.tag(TENSOR.strings, WireType.LengthDelimited).string(verbatim);
        });
        message(one, VALUE.metadata, (metadata) => {
          message(metadata, METADATA.plugin, (plugin) =>
            plugin.tag(PLUGIN_NAME, WireType.LengthDelimited).string('text'),
          );
          metadata.tag(METADATA.dataClass, WireType.Varint).int32(TENSORS);
        });
      }),
    ),
  );
}
