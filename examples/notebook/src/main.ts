import text from '../cells/1-text.ts';
import textSource from '../cells/1-text.ts?raw';
import backend from '../cells/2-backend.ts';
import backendSource from '../cells/2-backend.ts?raw';
import train from '../cells/3-train.ts';
import trainSource from '../cells/3-train.ts?raw';
import compare from '../cells/4-compare.ts';
import compareSource from '../cells/4-compare.ts?raw';
import sample from '../cells/5-sample.ts';
import sampleSource from '../cells/5-sample.ts?raw';
import { Notebook } from './notebook.ts';

const cells = [
  { title: 'A text and its tokens', source: textSource, run: text },
  { title: 'A backend', source: backendSource, run: backend },
  { title: 'Train once', source: trainSource, run: train },
  { title: 'Compare learning rates', source: compareSource, run: compare },
  { title: 'Read what the best one writes', source: sampleSource, run: sample },
];

const place = document.querySelector('#cells');
const runAll = document.querySelector<HTMLButtonElement>('#run-all');
if (!place || !runAll) throw new Error('The page lacks #cells or #run-all.');
const notebook = new Notebook(place, cells);
runAll.addEventListener('click', () => {
  runAll.disabled = true;
  void notebook.runAll().finally(() => {
    runAll.disabled = false;
  });
});
