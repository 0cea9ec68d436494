import type { Architecture } from '../architecture.js';
import { adaptiveAveragePool } from '../resample.js';
import { numbered } from './blocks.js';
import { PRETRAINED } from './pretrained.js';

/**
 * AlexNet in its later form (Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks") under
 * torchvision's names. Body and layer groups are fastai's.
 */
export const alexnet: Architecture = {
  name: 'alexnet',
  body(f, x) {
    let y = f.relu(f.conv('features.0', x, 64, 11, { stride: 4, pad: 2, bias: true }));
    y = f.maxPool(y, 3, { stride: 2 });
    y = f.relu(f.conv('features.3', y, 192, 5, { bias: true }));
    y = f.maxPool(y, 3, { stride: 2 });
    y = f.relu(f.conv('features.6', y, 384, 3, { bias: true }));
    y = f.relu(f.conv('features.8', y, 256, 3, { bias: true }));
    y = f.relu(f.conv('features.10', y, 256, 3, { bias: true }));
    return f.maxPool(y, 3, { stride: 2 });
  },
  classifier(f, features, classes) {
    let y = f.dropout('classifier.0', f.flat(adaptiveAveragePool(f, features, 6)), 0.5);
    y = f.dropout('classifier.3', f.relu(f.linear('classifier.1', y, 4096)), 0.5);
    return f.linear('classifier.6', f.relu(f.linear('classifier.4', y, 4096)), classes);
  },
  groups: [numbered('features', 0, 6), numbered('features', 6, 13)],
  minSize: 63,
  pretrained: PRETRAINED.alexnet,
};
