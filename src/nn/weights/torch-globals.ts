import { UserError } from '../../core/errors.js';
import { quoted } from './pickle-text.js';
import { Callable, Dict, kindOf, membersOf, PickleSet, type PickleValue, type Spend, Tuple } from './pickle-values.js';
import { type ElementType, StorageRef, TensorRef, TypeRef, tensorRef } from './torch-tensor.js';

/**
 * Everything of Python's that a file of weights may name: tensors, their types, and containers. Each name is met by a few
 * lines of ours; whatever is not listed here is refused by name.
 */

type Args = readonly PickleValue[];

/** Element types with the name of their storage's class in `torch` and `torch.cuda`, where they have one. */
const TYPES: readonly (ElementType & { readonly storage?: string; readonly also?: string })[] = [
  { name: 'float32', bytes: 4, dtype: 'float32', storage: 'Float', also: 'float' },
  { name: 'float64', bytes: 8, dtype: 'float64', storage: 'Double', also: 'double' },
  { name: 'float16', bytes: 2, dtype: 'float16', storage: 'Half', also: 'half' },
  { name: 'bfloat16', bytes: 2, dtype: 'bfloat16', storage: 'BFloat16' },
  { name: 'int64', bytes: 8, dtype: 'int64', storage: 'Long', also: 'long' },
  { name: 'int32', bytes: 4, dtype: 'int32', storage: 'Int', also: 'int' },
  { name: 'int16', bytes: 2, dtype: 'int16', storage: 'Short', also: 'short' },
  { name: 'int8', bytes: 1, dtype: 'int8', storage: 'Char' },
  { name: 'uint8', bytes: 1, dtype: 'uint8', storage: 'Byte' },
  { name: 'uint16', bytes: 2, dtype: 'uint16' },
  { name: 'uint32', bytes: 4, dtype: 'uint32' },
  { name: 'uint64', bytes: 8, dtype: 'uint64' },
  { name: 'bool', bytes: 1, dtype: 'bool', storage: 'Bool' },
  { name: 'float8_e4m3fn', bytes: 1, dtype: 'float8_e4m3fn' },
  { name: 'float8_e5m2', bytes: 1, dtype: 'float8_e5m2' },
  { name: 'complex64', bytes: 8, storage: 'ComplexFloat', also: 'cfloat' },
  { name: 'complex128', bytes: 16, storage: 'ComplexDouble', also: 'cdouble' },
];

const UNTYPED: ElementType = { name: 'uint8', bytes: 1, dtype: 'uint8' };

const KNOWN: ReadonlyMap<string, PickleValue> = known();

/**
 * What a global of a file of weights stands for.
 *
 * @throws {UserError} that names it, if it is neither a tensor's nor a container's
 */
export function findGlobal(module: string, name: string): PickleValue {
  const full = `${module}.${name}`;
  const found = KNOWN.get(full);
  if (found !== undefined) return found;
  throw new UserError(
    `it asks for Python's ${quoted(full)}, which is neither a tensor nor a container: refused, nothing was run. ${hint(module)}`,
  );
}

function hint(module: string): string {
  return /^(torch\.nn|torchvision|timm|fastai|__torch__|__main__)(\.|$)/.test(module)
    ? 'It holds a whole model: save its state_dict() alone, as .safetensors or with torch.save'
    : 'If you trust where it comes from, load it with torch and save its state_dict alone';
}

function known(): Map<string, PickleValue> {
  const map = new Map<string, PickleValue>();
  const add = (names: readonly string[], call?: (args: Args, spend: Spend) => PickleValue): void => {
    for (const name of names) map.set(name, new Callable(name, call));
  };

  // Containers
  add(['collections.OrderedDict', 'collections.Counter', 'builtins.dict', '__builtin__.dict'], dict);
  // The factory is for keys that are missing: there will be none.
  add(['collections.defaultdict'], ([, ...rest], spend) => dict(rest, spend));
  add(['builtins.set', '__builtin__.set', 'builtins.frozenset', '__builtin__.frozenset'], ([items], spend) => {
    const set = new PickleSet();
    for (const item of items === undefined ? [] : charged(membersOf(items, 'what a set holds'), spend)) {
      set.items.push(item);
    }
    return set;
  });
  add(
    ['torch.Size', 'builtins.tuple', '__builtin__.tuple'],
    ([items], spend) => new Tuple(items === undefined ? [] : charged(membersOf(items, 'what a tuple holds'), spend)),
  );
  add(['builtins.list', '__builtin__.list'], ([items], spend) =>
    items === undefined ? [] : [...charged(membersOf(items, 'what a list holds'), spend)],
  );
  // Types that a defaultdict may name as its factory.
  for (const type of ['int', 'long', 'float', 'str', 'bool']) add([`builtins.${type}`, `__builtin__.${type}`]);

  // Bytes, as protocol 2 writes them: Latin-1 text to encode
  add(['_codecs.encode'], ([text, encoding], spend) => {
    if (typeof text !== 'string' || (encoding !== 'latin1' && encoding !== 'latin-1')) {
      throw new UserError('its pickle encodes text in another way than bytes are kept');
    }
    spend(text.length);
    return Uint8Array.from(text, (c) => c.charCodeAt(0));
  });
  add(['builtins.bytearray', '__builtin__.bytearray'], ([bytes = new Uint8Array()]) => {
    if (!(bytes instanceof Uint8Array)) throw new UserError(`its pickle makes a bytearray of a ${kindOf(bytes)}`);
    return bytes;
  });

  // What training programs note beside weights, none of which is looked at: options, paths, numbers of NumPy's. Their
  // contents are attributes, which the unpickler passes over.
  add(['argparse.Namespace', 'numpy.dtype'], () => new Dict());
  for (const module of ['numpy.core.multiarray', 'numpy._core.multiarray']) {
    add([`${module}.scalar`, `${module}._reconstruct`], () => new Dict());
  }
  add(['numpy.ndarray']);
  for (const path of ['Path', 'PosixPath', 'WindowsPath', 'PurePath', 'PurePosixPath', 'PureWindowsPath']) {
    add([`pathlib.${path}`, `pathlib._local.${path}`], () => '');
  }

  // Types of elements
  for (const { storage, also, ...type } of TYPES) {
    const ref = new TypeRef(type);
    map.set(`torch.${type.name}`, ref);
    if (also !== undefined) map.set(`torch.${also}`, ref);
    if (storage === undefined) continue;
    for (const place of ['torch', 'torch.cuda', 'torch.storage']) map.set(`${place}.${storage}Storage`, ref);
    // Files of 2017 name each tensor's class beside its storage.
    for (const place of ['torch', 'torch.cuda']) add([`${place}.${storage}Tensor`]);
  }
  for (const name of ['UntypedStorage', '_UntypedStorage']) map.set(`torch.storage.${name}`, new TypeRef(UNTYPED));

  // Tensors
  add(
    ['torch._utils._rebuild_tensor', 'torch._utils._rebuild_tensor_v2'],
    ([storage, offset, dims, strides, ...rest], spend) => {
      if (!(storage instanceof StorageRef)) throw new UserError(`a tensor is made of a ${kindOf(storage ?? null)}`);
      plain(rest[2]);
      return tensorRef(storage, storage.type, number(offset), numbers(dims, spend), numbers(strides, spend));
    },
  );
  // With a type that no storage has a class for.
  add(['torch._utils._rebuild_tensor_v3'], ([storage, offset, dims, strides, _grad, _hooks, type, metadata], spend) => {
    if (!(storage instanceof StorageRef)) throw new UserError(`a tensor is made of a ${kindOf(storage ?? null)}`);
    if (!(type instanceof TypeRef)) throw new UserError('a tensor has no type');
    plain(metadata);
    return tensorRef(storage, type.type, number(offset), numbers(dims, spend), numbers(strides, spend));
  });
  add(
    [
      'torch._utils._rebuild_parameter',
      'torch._utils._rebuild_parameter_with_state',
      'torch.nn.parameter.Parameter',
      'torch.nn.parameter.Buffer',
    ],
    ([data]) => tensor(data),
  );
  // A tensor with attributes: which function makes it, of which class, from what, and the attributes.
  add(['torch._tensor._rebuild_from_type_v2', 'torch.tensor._rebuild_from_type_v2'], ([make, , args], spend) => {
    if (
      !(make instanceof Callable) ||
      make.call === undefined ||
      !make.name.startsWith('torch._utils._rebuild_') ||
      !(args instanceof Tuple)
    ) {
      throw new UserError('a tensor is made by something that makes none');
    }
    return tensor(make.call(args.items, spend));
  });
  add(['torch.Tensor', 'torch._tensor.Tensor']);
  add(['torch.device'], ([name]) => (typeof name === 'string' ? name : ''));
  return map;
}

function dict([pairs]: Args, spend: Spend): Dict {
  const made = new Dict();
  if (pairs === undefined) return made;
  if (pairs instanceof Dict) {
    spend(pairs.size);
    for (const [key, value] of pairs.entries()) made.set(key, value);
    return made;
  }
  // Python 2 gives an OrderedDict a list of pairs.
  for (const pair of charged(membersOf(pairs, 'what a dict holds'), spend)) {
    const [key, value] = membersOf(pair, 'an entry of a dict');
    if (key === undefined || value === undefined) throw new UserError('an entry of a dict is no pair');
    made.set(key, value);
  }
  return made;
}

/** Counts what is going to be copied. */
function charged(items: readonly PickleValue[], spend: Spend): readonly PickleValue[] {
  spend(items.length);
  return items;
}

function tensor(value: PickleValue | undefined): TensorRef {
  if (value instanceof TensorRef) return value;
  throw new UserError(`a parameter is made of a ${kindOf(value ?? null)}`);
}

function number(value: PickleValue | undefined): number {
  if (typeof value === 'number') return value;
  throw new UserError(`a tensor's offset is a ${kindOf(value ?? null)}`);
}

function numbers(value: PickleValue | undefined, spend: Spend): number[] {
  return charged(membersOf(value, "a tensor's shape"), spend).map((n) => (typeof n === 'number' ? n : Number.NaN));
}

/** Refuses tensors whose elements are to be conjugated or negated when they are read. */
function plain(metadata: PickleValue | undefined): void {
  if (metadata instanceof Dict && metadata.size > 0) throw new UserError('a tensor is a conjugated or negated view');
}
