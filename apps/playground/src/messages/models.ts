/** A file of a folder that the user chose or dropped, by its path in it. */
export interface PickedFile {
  readonly path: string;
  readonly file: File;
}

/** A request about the model that is fine-tuned and talked with. */
export type ModelRequest =
  /** Opens a Hugging Face folder. */
  | { readonly kind: 'openModel'; readonly name: string; readonly files: readonly PickedFile[] }
  /** Opens a zip of one. */
  | { readonly kind: 'openModelArchive'; readonly archive: File }
  /** Opens the newest checkpoint of the run that was pretrained in this page. */
  | { readonly kind: 'openPretrained' }
  /** Fetches a model of the hub: `organisation/model`, with `@revision` behind it if need be. */
  | { readonly kind: 'fetchModel'; readonly id: string }
  | { readonly kind: 'cancelFetch' }
  /** Removes the model, and the run on it. */
  | { readonly kind: 'closeModel' };

/** The model that is open, for the page. */
export interface OpenedModel {
  /** The name that runs and adapters call it by. */
  readonly name: string;
  readonly family: string;
  readonly parameters: number;
  /** Tokens that it reads at most. */
  readonly contextLength: number;
  readonly hasTemplate: boolean;
}

/** A message of the worker about the model. */
export type ModelReport =
  | { readonly kind: 'openingModel'; readonly what: string }
  /** The model that is open now; none if it was closed. */
  | { readonly kind: 'model'; readonly model?: OpenedModel }
  | { readonly kind: 'modelRefused'; readonly message: string };
