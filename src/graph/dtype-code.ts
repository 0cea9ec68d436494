import { UserError } from '../core/errors.js';
import type { DType } from './types.js';

/** ONNX's numbers of element types (TensorProto.DataType). */
const CODE: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
};
const DTYPE = new Map<number, DType>();
for (const [dtype, code] of Object.entries(CODE)) DTYPE.set(code, dtype as DType);

/** The number ONNX gives an element type, as the Cast operator's `to` wants it. */
export function dtypeCode(dtype: DType): number {
  return CODE[dtype];
}

/** @throws {UserError} if no element type has the number */
export function dtypeOfCode(code: number): DType {
  const dtype = DTYPE.get(code);
  if (dtype === undefined) throw new UserError(`ONNX element type ${code} is not known`);
  return dtype;
}
