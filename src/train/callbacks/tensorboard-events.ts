import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/**
 * Records of TensorBoard's event files: length, its checksum, an Event message (tensorflow/core/util/event.proto), its checksum;
 * each file begins with its version.
 */

/** @param seconds since 1970 */
export function versionEvent(seconds: number): Uint8Array {
  return record(event(seconds).tag(3, WireType.LengthDelimited).string('brain.Event:2').finish());
}

export function scalarEvent(seconds: number, step: number, values: Readonly<Record<string, number>>): Uint8Array {
  const summary = new BinaryWriter();
  for (const [tag, value] of Object.entries(values)) {
    summary.tag(1, WireType.LengthDelimited).fork();
    summary.tag(1, WireType.LengthDelimited).string(tag);
    summary.tag(2, WireType.Bit32).float(value);
    summary.join();
  }
  const whole = event(seconds).tag(2, WireType.Varint).int64(step);
  return record(whole.tag(5, WireType.LengthDelimited).bytes(summary.finish()).finish());
}

function event(seconds: number): BinaryWriter {
  return new BinaryWriter().tag(1, WireType.Bit64).double(seconds);
}

function record(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(8 + 4 + data.length + 4);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length, true);
  view.setUint32(8, maskedCrc(out.subarray(0, 8)), true);
  out.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return out;
}

/** CRC-32C (Castagnoli) of a byte, by table. */
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let crc = n;
  for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** Rotated and shifted, so that a checksum over bytes that hold checksums says something. */
function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
