/** An event of a download or an upload, to be shown. */
export type HubEvent =
  | {
      readonly kind: 'progress';
      readonly file: string;
      /** Bytes of the file that are here, and that it has. */
      readonly loaded: number;
      readonly size: number;
      /** The same of all files of the model. What was in the cache before counts as loaded. */
      readonly totalLoaded: number;
      readonly totalSize: number;
    }
  /** A connection broke, was too slow, or the hub asks to wait: it is tried again after a while. */
  | {
      readonly kind: 'retry';
      /** None where it is the model itself that is asked for. */
      readonly file?: string;
      readonly reason: string;
      readonly delayMs: number;
    }
  /** Another process is fetching the file. */
  | { readonly kind: 'waiting'; readonly file: string }
  /** The hub cannot be reached: the model is taken from the cache as it was there before. */
  | { readonly kind: 'cached'; readonly commit: string; readonly reason: string };

/** Told what happens while a model is fetched. */
export type OnHubEvent = (event: HubEvent) => void;
