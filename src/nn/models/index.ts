import { UserError } from '../../core/errors.js';
import type { Architecture } from '../architecture.js';
import { efficientnetLite0, efficientnetLite1, efficientnetLite2 } from './efficientnet-lite.js';
import { mobilenetV2 } from './mobilenet-v2.js';
import { resnet18, resnet34, resnet50, resnet101, resnet152, resnext50, wideResnet50 } from './resnet.js';

/** The networks that onecycle builds natively, by name. */
export const models = {
  efficientnet_lite0: efficientnetLite0,
  efficientnet_lite1: efficientnetLite1,
  efficientnet_lite2: efficientnetLite2,
  mobilenet_v2: mobilenetV2,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  resnext50_32x4d: resnext50,
  wide_resnet50_2: wideResnet50,
} as const satisfies Record<string, Architecture>;

/**
 * @throws {UserError} listing the names that are known
 */
export function modelByName(name: string): Architecture {
  const known: Record<string, Architecture> = models;
  const found = Object.hasOwn(known, name) ? known[name] : undefined;
  if (found === undefined) {
    throw new UserError(`unknown architecture "${name}"; known are ${Object.keys(known).join(', ')}`);
  }
  return found;
}
