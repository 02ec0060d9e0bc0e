/** A message of the page to its worker. */
export type Request = { readonly kind: 'train'; readonly steps: number } | { readonly kind: 'stop' };

/** A message of the worker to the page. */
export type Report =
  | { readonly kind: 'device'; readonly description: string }
  | { readonly kind: 'step'; readonly step: number; readonly loss: number; readonly tokensPerSecond: number }
  | { readonly kind: 'sample'; readonly text: string }
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly message: string };
