import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { GrammarListener, GrammarReply, GrammarThread } from '../../constraint/grammar-thread.js';
import type { GrammarWorkerData } from './grammar-worker.js';

/** Starts the thread of `grammar-worker`. It does not keep the process alive, and knows nothing of its environment. */
export function startGrammarThread(megabytes: number, listener: GrammarListener): GrammarThread {
  const options = {
    workerData: grammarWorkerData(megabytes),
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: megabytes },
  };
  return grammarThread(new Worker(new URL('./grammar-worker.js', import.meta.url), options), listener);
}

/** The data that the thread begins with. */
export function grammarWorkerData(megabytes: number): GrammarWorkerData {
  const file = createRequire(import.meta.url).resolve('@mlc-ai/web-xgrammar');
  return { library: pathToFileURL(file).href, megabytes };
}

/** A worker as a {@link GrammarThread}. */
export function grammarThread(worker: Worker, listener: GrammarListener): GrammarThread {
  let ended = false;
  const fail = () => {
    if (ended) return;
    ended = true;
    listener.onFailure();
  };
  worker.unref();
  worker.on('message', (reply: GrammarReply) => {
    if (!ended) listener.onReply(reply);
  });
  worker.on('error', fail);
  worker.on('exit', fail);
  return {
    post: (request) => worker.postMessage(request),
    end() {
      ended = true;
      void worker.terminate();
    },
  };
}
