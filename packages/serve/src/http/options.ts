import type { ServedModel } from '../models/served-model.js';

/** The limits of requests. */
export interface ServerLimits {
  /** Bytes of a request's body. Default 1 MiB. */
  readonly bodyBytes?: number;
  /** Milliseconds until an answer is complete, its time in the queue included. Default 10 minutes. */
  readonly answerMs?: number;
}

/** A request that was answered, as a log has it: nothing that was said is in it. */
export interface RequestRecord {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** 499 if the client left before the answer was complete. */
  readonly status: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly milliseconds: number;
}

/** The models that are served at the moment. */
export interface ModelCatalog {
  readonly models: readonly ServedModel[];
  /** True until all of them are there. */
  readonly loading?: boolean;
}

/** Options of {@link createServer}. */
export interface ServerOptions {
  /** Asked with every request. */
  readonly catalog: () => ModelCatalog;
  /** Keys, one of which a request has to show as `Authorization: Bearer KEY`. Default: none is needed. */
  readonly keys?: readonly string[];
  readonly limits?: ServerLimits;
  /** Origins of web pages that may ask, e.g. `https://example.org`. Default none. */
  readonly origins?: readonly string[];
  /** Told of each request when its answer is complete. */
  readonly onRequest?: (record: RequestRecord) => void;
  /** Told of errors that are none of the client's. The client is told `id`, and nothing else of it. */
  readonly onError?: (error: unknown, id: string) => void;
}
