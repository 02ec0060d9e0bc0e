import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notesOf, released } from './changelog.js';

const text = '# Changelog\n\n## Unreleased\n\n- One.\n- Two.\n\n## 0.1.0\n\nThe first.\n';

test('turns what is unreleased into the section of the version', () => {
  const after = released(text, '0.2.0', '2026-12-01');
  assert.equal(
    after,
    '# Changelog\n\n## Unreleased\n\n## 0.2.0 (2026-12-01)\n\n- One.\n- Two.\n\n## 0.1.0\n\nThe first.\n',
  );
  assert.equal(notesOf(after, '0.2.0'), '- One.\n- Two.');
  assert.equal(notesOf(after, '0.1.0'), 'The first.');
});

test('refuses a release with nothing in it, and one that has been', () => {
  assert.throws(() => released(text, '0.1.0', '2026-12-01'), /section of 0\.1\.0 already/);
  const empty = text.replace('- One.\n- Two.\n\n', '');
  assert.throws(() => released(empty, '0.2.0', '2026-12-01'), /nothing under "## Unreleased"/);
});
