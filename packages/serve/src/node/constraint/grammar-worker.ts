import { parentPort, workerData } from 'node:worker_threads';
import type * as Library from '@mlc-ai/web-xgrammar';
import type { GrammarReply, GrammarRequest } from '../../constraint/grammar-thread.js';

/** The data that the thread begins with. */
export interface GrammarWorkerData {
  /** The address of `@mlc-ai/web-xgrammar`. */
  readonly library: string;
  readonly megabytes: number;
}

/** The memory of WebAssembly, which Node's types do not declare. */
interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Bounds it: where it may not grow, the library fails to allocate, and says so. */
function boundMemory(megabytes: number): void {
  const { prototype } = (globalThis as unknown as { WebAssembly: { Memory: { prototype: Memory } } })
    .WebAssembly.Memory;
  const grow = Reflect.get(prototype, 'grow') as Memory['grow'];
  prototype.grow = function (this: Memory, pages) {
    if (this.buffer.byteLength + pages * 65_536 > megabytes * 2 ** 20) throw new RangeError('out of memory');
    return grow.call(this, pages);
  };
}

/**
 * Loads the library. It is written for a page: in an ES module of Node's, it looks for its own address in `location`, and leaves
 * its exports in a global variable.
 */
async function load(address: string): Promise<typeof Library> {
  const place = globalThis as { location?: { href: string }; xgrammar?: typeof Library };
  place.location = { href: address };
  await import(address);
  return place.xgrammar!;
}

/** Grammars that are not understood are told to nobody: the library quotes them, and names files. */
function beQuiet(): void {
  for (const name of ['log', 'warn', 'error', 'info'] as const) console[name] = () => undefined;
}

const port = parentPort!;
const { library: address, megabytes } = workerData as GrammarWorkerData;
const texts = new Map<number, Library.GrammarMatcher>();
let library: typeof Library | undefined;
let compiled: Library.CompiledGrammar | undefined;
let spare: Library.GrammarMatcher | undefined;

const send = (reply: GrammarReply) =>
  port.postMessage(reply, 'mask' in reply ? [reply.mask.buffer as ArrayBuffer] : []);

const newMatcher = () => library!.GrammarMatcher.createGrammarMatcher(compiled!);

async function compile(schema: string, vocabulary: readonly string[]): Promise<void> {
  library = await load(address);
  // A token that nobody else has stands for the end, so that any token of the vocabulary may be one of the text.
  const end = vocabulary.length;
  const all = [...vocabulary, ''];
  const info = await library.TokenizerInfo.createTokenizerInfo(all, 'byte_level', false, all.length, [end]);
  const compiler = await library.GrammarCompiler.createGrammarCompiler(info, false);
  // On one line, as JSON is written most: white space at will could go on for ever.
  compiled = await compiler.compileJSONSchema(schema, false, -1, [', ', ': '], true);
  compiler.dispose();
  spare = await newMatcher();
  send({ reply: 'compiled', mask: await spare.getNextTokenBitmask() });
}

async function accept(text: number, token: number): Promise<void> {
  const matcher = texts.get(text)!;
  if (!matcher.acceptToken(token)) throw new Error('the token may not follow');
  send({ reply: 'accepted', text, mask: await matcher.getNextTokenBitmask() });
}

async function answer(request: GrammarRequest): Promise<void> {
  switch (request.ask) {
    case 'compile':
      return compile(request.schema, request.vocabulary);
    case 'open':
      texts.set(request.text, spare ?? (await newMatcher()));
      spare = undefined;
      return;
    case 'accept':
      return accept(request.text, request.token);
    case 'close':
      texts.get(request.text)?.dispose();
      texts.delete(request.text);
  }
}

beQuiet();
boundMemory(megabytes);
let last = Promise.resolve();
port.on('message', (request: GrammarRequest) => {
  last = last.then(() => answer(request)).catch(() => send({ reply: 'failed' }));
});
