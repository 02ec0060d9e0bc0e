import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('out/train.js', import.meta.url));

test('trains, saves, opens what it saved, and generates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'attune-node-script-'));
  try {
    const out = join(folder, 'model');
    const args = [program, '--steps', '100', '--out', out, '--prompt', 'Once there was'];
    const lines = execFileSync(process.execPath, args, { encoding: 'utf8' }).split('\n');
    const losses = lines.flatMap((line) => /validation ([\d.]+)/.exec(line)?.[1] ?? []).map(Number);
    assert.equal(losses.length, 3);
    assert.ok(losses[2] < losses[0] - 1, `the validation loss went from ${losses[0]} to ${losses[2]}`);
    const files = readdirSync(out);
    for (const name of ['config.json', 'model.safetensors', 'tokenizer.json'])
      assert.ok(files.includes(name));
    assert.match(
      lines.slice(lines.findLastIndex((line) => line.startsWith('step')) + 1).join('\n'),
      /^Once there was.{20}/s,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
