import { RuleTester } from 'eslint';
import { describe, it } from 'node:test';
import { docCommentStart } from './doc-comments.js';

RuleTester.describe = describe;
RuleTester.it = it;

const refused = (code, word) => ({ code, errors: [{ messageId: 'start', data: { word } }] });

new RuleTester().run('doc-comment-start', docCommentStart, {
  valid: [
    '/** The largest batch. */ let batch;',
    '/** True if it fits. Whether it does depends on the device. */ let fits;',
    '/** Offset of the first byte. */ let offset;',
    '// What follows is no doc comment.\nlet x;',
    '/* Of no concern: not a doc comment either. */ let y;',
  ],
  invalid: [
    refused('/** What is read. */ let input;', 'What'),
    refused('/** Whether it is locked. */ let locked;', 'Whether'),
    refused('/**\n * Of the data. Default 1337.\n */\nlet seed;', 'Of'),
  ],
});
