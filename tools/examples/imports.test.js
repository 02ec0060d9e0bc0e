import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { undeclaredImports } from './imports.js';

test('names packages that are imported and not declared, and nothing else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'attune-imports-'));
  try {
    writeFileSync(
      join(folder, 'main.ts'),
      [
        `import { readFile } from 'node:fs/promises';`,
        `import { createBackend } from '@attune/core';`,
        `import { openTokenizer } from '@attune/data/node';`,
        `import './part.js';`,
        `const later = await import('left-pad/lib');`,
      ].join('\n'),
    );
    assert.deepEqual(undeclaredImports(folder, { '@attune/core': '^1.0.0' }), [
      'main.ts imports @attune/data, which package.json does not name',
      'main.ts imports left-pad, which package.json does not name',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
