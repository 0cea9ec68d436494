// Assembles src/data/kernels/kernels.wat into src/data/kernels/binary.ts. To be run after the former was changed; a test compares them.
import { readFileSync, writeFileSync } from 'node:fs';
import wabt from 'wabt';

const folder = new URL('../src/data/kernels/', import.meta.url);
const { parseWat } = await wabt();
const module = parseWat('kernels.wat', readFileSync(new URL('kernels.wat', folder), 'utf8'));
module.validate();
const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
writeFileSync(
  new URL('binary.ts', folder),
  `/** kernels.wat, assembled by scripts/build-kernels.mjs, in base64. */
export const BINARY =
  '${base64}';
`,
);
