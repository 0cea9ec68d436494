// `npm test [-- WORD…] [-- --test-…]`: all tests, or those whose file's path holds one of the words; flags go to `node --test`.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, runNode, setUp } from './setup.mjs';

setUp();
const given = process.argv.slice(2);
const flags = given.filter((arg) => arg.startsWith('-'));
const words = given.filter((arg) => !arg.startsWith('-'));
// From the sources, so that what is left in dist of a file that is gone does not run.
const files = readdirSync(`${root}src`, { recursive: true })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.test.ts') && (words.length === 0 || words.some((word) => file.includes(word))))
  .map((file) => `dist/${file.replace(/\.ts$/, '.js')}`)
  .sort();
if (files.length === 0) {
  console.error(`no test file's path holds ${words.join(' or ')}`);
  process.exit(1);
}
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
// Tests train networks on all cores: more than two at a time only wait for one another.
const concurrency = major > 20 || minor >= 10 ? ['--test-concurrency=2'] : [];
// Nothing of the tests' pictures is to be left in the cache of who runs them.
const cache = mkdtempSync(join(tmpdir(), 'onecycle-cache-'));
process.on('exit', () => rmSync(cache, { recursive: true, force: true }));
runNode(['--test', ...concurrency, ...flags, ...files], { env: { ...process.env, ONECYCLE_HOME: cache } });
