import { models as networks } from './nn/models/index.js';
import { fromOnnx } from './onnx-architecture.js';

/** The networks that onecycle builds natively, by name, and `fromOnnx`, which makes one of an ONNX file. */
export const models = { ...networks, fromOnnx } as const;
