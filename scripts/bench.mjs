// `npm run bench [-- steps|passes|loader|data-check|cifar5k] [-- options]`: prints tables of times; `npm run bench -- --help` lists all.
import { compile, runNode, setUp } from './setup.mjs';

setUp();
compile('bench/tsconfig.json');
runNode(['dist/bench/main.js', ...process.argv.slice(2)]);
