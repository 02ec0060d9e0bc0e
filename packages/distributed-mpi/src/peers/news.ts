/** Bytes of a message between ranks that keep each other informed. */
export const NEWS_BYTES = 512;

/** Kinds of news, by number: a sign of life; a rank's last message; the end of the task, with its reason. */
const newsKinds = ['alive', 'goodbye', 'failed'] as const;

/** A sign of life, or the reason for which no call can succeed any more. */
export interface News {
  readonly kind: (typeof newsKinds)[number];
  readonly from: number;
  /** True if ranks disagree, and none is lost. */
  readonly disagree?: boolean;
  /** How many calls the sender has begun; in the news of rank 0, every rank. */
  readonly calls?: number;
  /** The rank that is lost. */
  readonly lost?: number | undefined;
  readonly text?: string;
}

const HEADER_BYTES = 16;

const NOBODY = 2 ** 32 - 1;

export function encodeNews({ kind, from, calls = 0, disagree, lost = NOBODY, text = '' }: News): Uint8Array {
  const message = new Uint8Array(NEWS_BYTES);
  const view = new DataView(message.buffer);
  view.setUint8(0, newsKinds.indexOf(kind));
  view.setUint8(1, disagree ? 1 : 0);
  view.setUint32(4, from);
  view.setUint32(8, lost);
  view.setUint32(12, calls);
  new TextEncoder().encodeInto(text, message.subarray(HEADER_BYTES));
  return message;
}

export function decodeNews(message: Uint8Array): News {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const text = message.subarray(HEADER_BYTES);
  const end = text.indexOf(0);
  return {
    kind: newsKinds[view.getUint8(0)] ?? 'alive',
    from: view.getUint32(4),
    disagree: view.getUint8(1) === 1,
    calls: view.getUint32(12),
    lost: view.getUint32(8) === NOBODY ? undefined : view.getUint32(8),
    text: new TextDecoder().decode(end < 0 ? text : text.subarray(0, end)),
  };
}
