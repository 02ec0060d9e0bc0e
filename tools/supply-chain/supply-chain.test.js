import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isGrave, readAudit } from './audit.js';
import { faultsOfLockfile, groupsOf } from './lockfile.js';
import { isMetBy } from './spdx.js';

const integrity = `sha512-${'a'.repeat(86)}==`;
const good = { version: '1.0.0', license: 'MIT', integrity };

/** A lockfile of one published workspace, with an engine and a tool of the build. */
function lockfileWith(changes = {}) {
  return {
    lockfileVersion: 3,
    packages: {
      '': { workspaces: ['packages/*'], devDependencies: { tool: '1' } },
      'packages/a': {
        dependencies: { lib: '1', '@me/b': '1' },
        peerDependencies: { engine: '1' },
        peerDependenciesMeta: { engine: { optional: true } },
      },
      'packages/b': {
        peerDependencies: { needed: '1', engine: '1' },
        peerDependenciesMeta: { engine: { optional: true } },
      },
      'node_modules/@me/b': { link: true, resolved: 'packages/b' },
      'node_modules/lib': { ...good, dependencies: { deep: '1' }, optionalDependencies: { absent: '1' } },
      'node_modules/deep': good,
      'node_modules/lib/node_modules/deep': good,
      'node_modules/engine': good,
      'node_modules/needed': good,
      'node_modules/tool': good,
      ...changes,
    },
  };
}

const faults = (changes) => faultsOfLockfile(lockfileWith(changes), ['packages/a']);

test('packages are sorted by whom they reach', () => {
  assert.deepEqual(Object.fromEntries(groupsOf(lockfileWith(), ['packages/a'])), {
    'node_modules/lib': 'published',
    'node_modules/lib/node_modules/deep': 'published',
    'node_modules/deep': 'build',
    'node_modules/engine': 'engines',
    'node_modules/needed': 'published',
    'node_modules/tool': 'build',
  });
  assert.deepEqual(faults(), []);
});

test('a licence that is not on the list is found, wherever it stands', () => {
  const copyleft = { ...good, license: 'GPL-3.0-only' };
  assert.deepEqual(faults({ 'node_modules/lib/node_modules/deep': copyleft }), [
    'deep@1.0.0 (published) has the licence GPL-3.0-only',
  ]);
  assert.deepEqual(faults({ 'node_modules/tool': { ...good, license: undefined } }), [
    'tool@1.0.0 (build) has the licence none',
  ]);
  // What the build may use, users are not given.
  const weak = { ...good, license: 'LGPL-3.0-or-later' };
  assert.deepEqual(faults({ 'node_modules/tool': weak }), []);
  assert.equal(faults({ 'node_modules/engine': weak }).length, 1);
});

test('expressions of licences', () => {
  const list = ['MIT', 'Apache-2.0'];
  for (const met of [
    'MIT',
    '(MIT OR GPL-2.0)',
    'MIT AND Apache-2.0',
    '(GPL-2.0 AND X) OR MIT',
    'Apache-2.0 WITH LLVM-exception',
  ]) {
    assert.ok(isMetBy(met, list), met);
  }
  for (const unmet of [
    'GPL-2.0',
    'MIT AND GPL-2.0',
    '(MIT',
    'MIT)',
    'MIT MIT',
    '',
    undefined,
    'SEE LICENSE IN LICENSE',
    'MIT OR',
  ]) {
    assert.ok(!isMetBy(unmet, list), String(unmet));
  }
});

test('a package from elsewhere, or without an integrity, is found', () => {
  for (const resolved of [
    'git+ssh://git@example.org/a.git#1',
    'http://registry.npmjs.org/a.tgz',
    'https://registry.npmjs.org.example/',
  ]) {
    assert.deepEqual(faults({ 'node_modules/lib': { ...good, resolved } }), [
      `lib@1.0.0 (published) comes from ${resolved}`,
    ]);
  }
  for (const weak of [undefined, 'sha1-abc', 'sha512-short']) {
    assert.deepEqual(faults({ 'node_modules/engine': { ...good, integrity: weak } }), [
      'engine@1.0.0 (engines) has no sha512 integrity',
    ]);
  }
});

test('an install script that nobody looked at is found, and one that was, in another place', () => {
  const script = { ...good, hasInstallScript: true };
  assert.deepEqual(faults({ 'node_modules/tool': script }), ['tool@1.0.0 (build) has an install script']);
  assert.deepEqual(faults({ 'node_modules/nx': script }), []);
  const brought = { 'packages/a': { dependencies: { nx: '1' } }, 'node_modules/nx': script };
  assert.deepEqual(faults(brought), ['nx@1.0.0 (published) has an install script']);
  // That of attune setup's lockfile is none of the repository's.
  assert.equal(
    faults({ 'packages/a': { dependencies: { 'core-js': '1' } }, 'node_modules/core-js': script }).length,
    1,
  );
});

test('what is needed and not locked is found', () => {
  assert.deepEqual(faults({ 'node_modules/lib': { ...good, dependencies: { gone: '1' } } }), [
    'node_modules/lib needs gone, which is not in the lockfile',
  ]);
});

test('an audit fails for what reaches users, and is skipped where nobody answers', () => {
  const groups = groupsOf(lockfileWith(), ['packages/a']);
  const vulnerability = (name, severity) => [
    name,
    { name, severity, nodes: [`node_modules/${name}`], via: [{ title: 'Bad', url: 'https://x' }] },
  ];
  const vulnerabilities = Object.fromEntries([
    vulnerability('lib', 'high'),
    vulnerability('engine', 'moderate'),
    vulnerability('tool', 'critical'),
  ]);
  const { found } = readAudit(
    { stdout: JSON.stringify({ auditReportVersion: 2, vulnerabilities }), stderr: '' },
    groups,
  );
  assert.equal(found.length, 3);
  assert.deepEqual(
    found.filter(isGrave).map(({ name }) => name),
    ['lib'],
  );
  const refused = JSON.stringify({ message: '405 Method Not Allowed' });
  assert.deepEqual(readAudit({ stdout: refused, stderr: '' }, groups), {
    skipped: '405 Method Not Allowed',
    found: [],
  });
  assert.equal(readAudit({ stdout: '', stderr: 'npm is not there' }, groups).skipped, 'npm is not there');
});
