/** A function in the page, by its number. */
export type RemoteId = number;

/** A test that the page has registered. */
export interface RemoteTest {
  readonly kind: 'test';
  readonly name: string;
  readonly id: RemoteId;
  readonly skip: boolean;
  readonly timeoutMs?: number;
}

/** A group of tests that the page has registered. The outermost has no name. */
export interface RemoteSuite {
  readonly kind: 'suite';
  readonly name: string;
  readonly entries: (RemoteSuite | RemoteTest)[];
  readonly beforeAll: RemoteId[];
  readonly afterAll: RemoteId[];
}

/** An error of the page, in a form that leaves it. */
export interface RemoteError {
  readonly message: string;
  readonly stack?: string;
}

/** The outcome of a call into the page. */
export type RemoteResult<T> = { readonly value: T } | { readonly error: RemoteError };

/** The page's global `attuneTests`. Neither call rejects. */
export interface RemoteTests {
  suite(): Promise<RemoteResult<RemoteSuite>>;
  run(id: RemoteId): Promise<RemoteResult<null>>;
}
