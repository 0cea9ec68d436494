import { intOf } from './attributes.js';
import type { Lanes } from './free-batch.js';
import { at, axisOf } from './shapes/index.js';
import { float32, int64, type Node, numbersOf, sizeOf, type Value } from './types.js';

/** The same node for any number of pictures. What it needs beside it comes before it. */
type Rule = (node: Node, lanes: Lanes) => readonly Node[];

/** A whole number of list constants in both imports; undefined where it is none. */
function lists(lanes: Lanes, value: Value | undefined): readonly [readonly number[], readonly number[]] | undefined {
  const [a, b] = [lanes.few, lanes.many].map((lane) => lane.initializers.get(value ?? ''));
  return a === undefined || b === undefined ? undefined : [numbersOf(a), numbersOf(b)];
}

const withInput = (node: Node, place: number, value: Value): Node => ({
  ...node,
  inputs: node.inputs.map((x, i) => (i === place ? value : x)),
});

const vector = (lanes: Lanes, xs: readonly number[]): Value => lanes.constant(int64([xs.length], xs));

/** The one place where two lists differ; undefined where they do not. */
function changing(node: Node, lanes: Lanes, a: readonly number[], b: readonly number[]): number | undefined {
  const places = a.flatMap((x, i) => (x === b[i] ? [] : [i]));
  if (places.length > 1) throw lanes.fail(node, 'it depends on the number of pictures in more than one place');
  return places[0];
}

/** The pictures' axis becomes the one that is worked out (−1). It is found where as many elements stand before it. */
const reshape: Rule = (node, lanes) => {
  const [x = '', shape] = node.inputs;
  const axis = lanes.axis(x);
  const targets = lists(lanes, shape);
  if (targets === undefined || axis === undefined) return [node];
  const dims = lanes.few.dims(x);
  const zeroIsZero = intOf(node, 'allowzero', 0) === 1;
  const before = sizeOf(dims.slice(0, axis));
  const target = targets[0].map((d, i) => (d === 0 && !zeroIsZero ? at(dims, i) : d));
  const place =
    changing(node, lanes, targets[0], targets[1]) ??
    target.findIndex((_, i) => sizeOf(target.slice(0, i)) === before && !target.slice(0, i).includes(-1));
  if (place < 0 || target[place] === -1) return [node];
  // What stood for "the rest" is worked out as it was for the pictures of the file.
  const open = target.indexOf(-1);
  if (open >= 0) {
    const computed = targets[0][place] !== targets[1][place] || targets[0][place] === 0;
    const pictures = computed ? 2 : lanes.exported;
    const total = (sizeOf(dims) / 2) * pictures;
    const rest = total / sizeOf(target.filter((_, i) => i !== open));
    // It does not fit pictures of this size, and is refused with its own words.
    if (!Number.isInteger(rest)) return [node];
    target[open] = rest;
  }
  target[place] = -1;
  return [{ ...withInput(node, 1, vector(lanes, target)), attributes: {} }];
};

/** Something that is the same for all pictures, repeated for each: added to a zero of each picture. */
function repeated(node: Node, lanes: Lanes, x: Value, axis: number, rank: number, y: Value): Node[] {
  const fresh = (what: string): Value => {
    const name = lanes.few.unique(`${node.name}:${what}`);
    lanes.many.reserve(name);
    return name;
  };
  const make = (op: string, inputs: readonly Value[], output: Value): Node => ({
    ...{ op, domain: '', name: fresh(op), inputs, outputs: [output], attributes: {} },
  });
  const [corner, zero, spread] = [fresh('corner'), fresh('zero'), fresh('zeros')];
  const shape = Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1));
  const ends = vector(lanes, [1, 1, 1]);
  return [
    make('Slice', [lanes.input, vector(lanes, [0, 0, 0]), ends, vector(lanes, [1, 2, 3])], corner),
    make('Mul', [corner, lanes.constant(float32([], [0]))], zero),
    make('Reshape', [zero, vector(lanes, shape)], spread),
    make('Add', [x, spread], y),
  ];
}

/** Repeating by a number that is the pictures': once here, then for each. */
const expanding =
  (once: (node: Node, lanes: Lanes, target: readonly number[]) => Node): Rule =>
  (node, lanes) => {
    const targets = lists(lanes, node.inputs.at(-1));
    if (targets === undefined) return [node];
    const place = changing(node, lanes, targets[0], targets[1]);
    if (place === undefined) return [node];
    const one = once(
      node,
      lanes,
      targets[0].map((d, i) => (i === place ? 1 : d)),
    );
    const [x = ''] = node.inputs;
    if (node.inputs.length > 1 && lanes.axis(x) !== undefined) return [one];
    const [y = ''] = node.outputs;
    const inner = lanes.few.unique(`${node.name}:once`);
    lanes.many.reserve(inner);
    return [{ ...one, outputs: [inner] }, ...repeated(node, lanes, inner, place, targets[0].length, y)];
  };

const expand = expanding((node, lanes, target) => withInput(node, 1, vector(lanes, target)));
const tile = expanding((node, lanes, repeats) => withInput(node, 1, vector(lanes, repeats)));
const constantOfShape = expanding((node, lanes, dims) => withInput(node, 0, vector(lanes, dims)));

/** Parts that are the same for all pictures are repeated for each before they are joined to others. */
const concat: Rule = (node, lanes) => {
  const axes = new Set(node.inputs.map((x) => lanes.axis(x)).filter((axis) => axis !== undefined));
  const [axis] = axes;
  const [first = ''] = node.inputs;
  if (axis === undefined || lanes.few.dims(first).length < 2) return [node];
  if (axes.size > 1 || axis === axisOf(intOf(node, 'axis', 0), lanes.few.dims(first).length)) return [node];
  const before: Node[] = [];
  const inputs = node.inputs.map((x) => {
    if (lanes.axis(x) !== undefined || lanes.few.dims(x)[axis] !== 1) return x;
    const y = lanes.few.unique(`${node.name}:part`);
    lanes.many.reserve(y);
    before.push(...repeated(node, lanes, x, axis, lanes.few.dims(x).length, y));
    return y;
  });
  return [...before, { ...node, inputs }];
};

/** The axes are named: one picture alone would make its axis one of those that go. */
const squeeze: Rule = (node, lanes) => {
  const [x = '', axes = ''] = node.inputs;
  if (axes !== '' || lanes.axis(x) === undefined) return [node];
  const ones = lanes.few.dims(x).flatMap((d, i) => (d === 1 ? [i] : []));
  return [{ ...node, inputs: [x, vector(lanes, ones)] }];
};

/** Sizes are told of the axes that change, which the pictures' never does. */
const resize: Rule = (node, lanes) => {
  const [x = '', roi = '', scales = '', sizes = ''] = node.inputs;
  const targets = lists(lanes, sizes);
  if (targets === undefined || lanes.axis(x) === undefined || node.attributes.axes !== undefined) return [node];
  const dims = lanes.few.dims(x);
  const axes = dims.flatMap((d, i) => (i === lanes.axis(x) || targets[0][i] === d ? [] : [i]));
  if (roi !== '' || axes.length === 0) return [node];
  const wanted = vector(
    lanes,
    axes.map((i) => at(targets[0], i)),
  );
  const attributes = { ...node.attributes, axes: { kind: 'ints', value: axes } } as const;
  return [{ ...node, inputs: [x, '', scales, wanted], attributes }];
};

/** Up to the last picture is up to the end. */
const slice: Rule = (node, lanes) => {
  const [x = '', , ends, axes] = node.inputs;
  const targets = lists(lanes, ends);
  const place = targets && changing(node, lanes, targets[0], targets[1]);
  if (targets === undefined || place === undefined) return [node];
  const named = lists(lanes, axes)?.[0] ?? targets[0].map((_, i) => i);
  const dims = lanes.few.dims(x);
  if (axisOf(at(named, place), dims.length) !== lanes.axis(x) || targets[0][place] !== dims[at(named, place)])
    return [node];
  const open = targets[0].map((d, i) => (i === place ? 2 ** 31 - 1 : d));
  return [withInput(node, 2, vector(lanes, open))];
};

/**
 * Picking from what lies flat, k elements a picture: places 0…k − 1 for the first picture, k more for each next one. PyTorch's
 * newer exporter writes strided views so. Each picture's elements get an axis of their own, and the first picture's places
 * are those of all.
 */
const gather: Rule = (node, lanes) => {
  const [x = '', indices = ''] = node.inputs;
  const places = lists(lanes, indices);
  const count = lanes.few.dims(x)[0];
  if (places === undefined || lanes.axis(indices) !== 0 || lanes.axis(x) !== 0 || count === undefined) return [node];
  if (axisOf(intOf(node, 'axis', 0), lanes.few.dims(x).length) !== 0) return [node];
  const [k, own] = [count / 2, places[0].slice(0, places[0].length / 2)];
  const follows = (all: readonly number[]) =>
    all.every((place, i) => place === at(own, i % own.length) + k * Math.floor(i / own.length));
  if (!own.every((place) => place >= 0 && place < k) || !places.every(follows)) return [node];
  const apart = lanes.few.unique(`${node.name}:apart`);
  lanes.many.reserve(apart);
  const shape = vector(lanes, [-1, k, ...lanes.few.dims(x).slice(1)]);
  const first = lanes.constant(int64(lanes.few.dims(indices).slice(1), own));
  return [
    { ...node, op: 'Reshape', name: apart, inputs: [x, shape], outputs: [apart], attributes: {} },
    { ...node, inputs: [apart, first], attributes: { axis: { kind: 'int', value: 1 } } },
  ];
};

const RULES: Readonly<Record<string, Rule>> = {
  Reshape: reshape,
  Expand: expand,
  Tile: tile,
  ConstantOfShape: constantOfShape,
  Concat: concat,
  Squeeze: squeeze,
  Resize: resize,
  Slice: slice,
  Gather: gather,
};

export function freed(node: Node, lanes: Lanes): readonly Node[] {
  return node.domain === '' ? (RULES[node.op]?.(node, lanes) ?? [node]) : [node];
}
