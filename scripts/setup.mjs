// Brings a fresh clone to where its programs run: dependencies installed, TypeScript compiled. Needs only Node and npm.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a program of Node's with the terminal's input and output; ends this one if it fails. */
export function runNode(args, options = {}) {
  return run(process.execPath, args, options);
}

function run(file, args, options = {}) {
  const { status, signal, error } = spawnSync(file, args, { cwd: root, stdio: 'inherit', ...options });
  if (error !== undefined) {
    console.error(`cannot run ${file}: ${error.message}`);
    process.exit(1);
  }
  if (signal !== null) process.exit(signal === 'SIGINT' ? 130 : 143);
  if (status !== 0) process.exit(status ?? 1);
}

function npm(args) {
  // Inside `npm start` and `npm test`, npm says where it is.
  const cli = process.env.npm_execpath;
  // The CPU build of ONNX Runtime is in its package; its install script would only fetch GPU libraries.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  if (cli?.endsWith('.js')) run(process.execPath, [cli, ...args], { env });
  else run('npm', args, { env, shell: process.platform === 'win32' });
}

function modified(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

/** Installs dependencies if they are missing or older than the lockfile, and compiles what has changed. */
export function setUp() {
  if (modified(`${root}node_modules/.package-lock.json`) < modified(`${root}package-lock.json`)) {
    console.log('installing dependencies …');
    npm(['ci', '--no-audit', '--no-fund']);
  }
  compile('tsconfig.json');
}

/** Compiles what has changed of a TypeScript project. */
export function compile(project) {
  const compiler = JSON.parse(readFileSync(`${root}node_modules/typescript/package.json`, 'utf8')).bin.tsc;
  runNode([`node_modules/typescript/${compiler}`, '-p', project]);
}
