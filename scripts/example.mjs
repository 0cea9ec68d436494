// `npm run example -- NAME [options]`: compiles the programs in `examples` and runs one of them.
import { existsSync } from 'node:fs';
import { compile, root, runNode, setUp } from './setup.mjs';

setUp();
compile('examples/tsconfig.json');
const [name = '', ...args] = process.argv.slice(2);
const file = `dist/examples/${name}.js`;
if (name === '' || !existsSync(`${root}${file}`)) {
  console.error('Usage: npm run example -- NAME [options], where NAME is that of a file in examples, such as cifar');
  process.exit(2);
}
runNode([file, ...args]);
