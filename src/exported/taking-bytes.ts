import { toAttribute } from '../graph/attributes.js';
import { dtypeCode } from '../graph/dtype-code.js';
import { float32, type Model, type Node } from '../graph/types.js';

/** The input of `takingBytes`. */
export const PICTURES = 'onecycle:pictures';

/**
 * The same model with pictures as bytes [batch, 3, size, size] instead of its input `image` from 0 to 1: a quarter of what travels to
 * the process that runs it. Bytes are divided in float32, as whoever calls the model itself does it.
 */
export function takingBytes(model: Model): Model {
  const { graph } = model;
  const [image] = graph.inputs;
  if (image === undefined) throw new Error('the model has no input');
  const [cast, scale] = ['onecycle:pictures:float', 'onecycle:255'];
  const nodes: Node[] = [
    {
      ...{ op: 'Cast', domain: '', name: cast, inputs: [PICTURES], outputs: [cast] },
      attributes: { to: toAttribute('to', dtypeCode('float32')) },
    },
    { op: 'Div', domain: '', name: PICTURES, inputs: [cast, scale], outputs: [image.name], attributes: {} },
  ];
  return {
    ...model,
    graph: {
      ...graph,
      inputs: [{ name: PICTURES, dtype: 'uint8', dims: image.dims }],
      nodes: [...nodes, ...graph.nodes],
      initializers: new Map([...graph.initializers, [scale, float32([], [255])]]),
    },
  };
}
