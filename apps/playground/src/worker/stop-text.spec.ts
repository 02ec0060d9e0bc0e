import { untilStop } from './stop-text.js';

test('a text ends before the text that stops it', () => {
  expect(untilStop('one. two', '. ')).toEqual({ text: 'one', stopped: true });
  expect(untilStop('one', '')).toEqual({ text: 'one', stopped: false });
});

test('what may become the text that stops it is held back', () => {
  expect(untilStop('The en', 'end')).toEqual({ text: 'The ', stopped: false });
  expect(untilStop('The ex', 'end')).toEqual({ text: 'The ex', stopped: false });
  expect(untilStop('e', 'end')).toEqual({ text: '', stopped: false });
  expect(untilStop('', 'end')).toEqual({ text: '', stopped: false });
});
