import type { RecordedId, RecordedSuite } from '@attune/backend-testkit';

/** An error of the page, in a form that leaves it. */
export interface RemoteError {
  readonly message: string;
  readonly stack?: string;
}

/** The outcome of a call into the page. */
export type RemoteResult<T> = { readonly value: T } | { readonly error: RemoteError };

/** The page's global `attuneTests`. Neither call rejects. */
export interface RemoteTests {
  suite(): Promise<RemoteResult<RecordedSuite>>;
  run(id: RecordedId): Promise<RemoteResult<null>>;
}
