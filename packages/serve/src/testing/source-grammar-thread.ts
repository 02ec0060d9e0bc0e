import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import ts from 'typescript';
import type { StartGrammarThread } from '../constraint/grammar-thread.js';
import { grammarThread, grammarWorkerData } from '../node/constraint/start-grammar-thread.js';

const source = () =>
  ts.transpileModule(readFileSync(new URL('../node/constraint/grammar-worker.ts', import.meta.url), 'utf8'), {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2022,
      verbatimModuleSyntax: true,
    },
  }).outputText;

/** Starts the thread of a grammar from its source: jest builds nothing that a thread could load. */
export const startSourceGrammarThread: StartGrammarThread = (megabytes, listener) => {
  const url = new URL(`data:text/javascript,${encodeURIComponent(source())}`);
  return grammarThread(new Worker(url, { workerData: grammarWorkerData(megabytes), env: {} }), listener);
};
