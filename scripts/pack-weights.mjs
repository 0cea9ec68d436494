// Packs a .safetensors file in half precision, as the package carries it:
//   npm run build && node scripts/pack-weights.mjs IN.safetensors weights/OUT.safetensors
import { readFileSync, writeFileSync } from 'node:fs';
import { floatToHalf } from '../dist/nn/half.js';
import { asFloat32, readSafetensors, writeSafetensors } from '../dist/nn/safetensors.js';

const [from, to] = process.argv.slice(2);
const { tensors } = readSafetensors(readFileSync(from), from);
const packed = new Map();
for (const [name, tensor] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
  packed.set(name, {
    dtype: 'float16',
    dims: tensor.dims,
    data: Uint16Array.from(asFloat32(tensor, name), floatToHalf),
  });
}
writeFileSync(to, writeSafetensors(packed, { format: 'pt', license: 'Apache-2.0' }));
console.log(`${packed.size} tensors`);
