// `npm start`: the whole recipe on pictures that are drawn here, in a minute or two; nothing is downloaded but dependencies.
import { existsSync } from 'node:fs';
import { root, runNode, setUp } from './setup.mjs';

const DATA = 'runs/sample-data';
const OUT = 'runs/sample';

setUp();
if (!existsSync(`${root}${DATA}/valid`)) runNode(['dist/cli/main.js', 'sample', DATA, '--per-class', '50']);
runNode([
  ...['dist/cli/main.js', 'train', DATA, '--size', '64', '--bs', '32', '--epochs', '3', '--finetune-epochs', '2'],
  ...['--out', OUT, '--force', ...process.argv.slice(2)],
]);
console.log(`
The model is ${OUT}/model.onnx; the curves are lr-find.svg, lr-find-2.svg and losses.svg beside it.
Name a picture:   node dist/cli/main.js predict ${OUT}/model.onnx ${DATA}/valid/star
Your own folder:  node dist/cli/main.js train FOLDER   (FOLDER/CLASS/picture.jpg)`);
