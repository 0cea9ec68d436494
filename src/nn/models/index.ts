import { UserError } from '../../core/errors.js';
import { nearNames } from '../../core/near.js';
import type { Architecture } from '../architecture.js';
import { alexnet } from './alexnet.js';
import { convnextSmall, convnextTiny } from './convnext.js';
import { densenet121, densenet169 } from './densenet.js';
import { efficientnetB0, efficientnetB1, efficientnetB2, efficientnetB3 } from './efficientnet.js';
import { efficientnetLite0, efficientnetLite1, efficientnetLite2 } from './efficientnet-lite.js';
import { mobilenetV2 } from './mobilenet-v2.js';
import { mobilenetV3Large, mobilenetV3Small } from './mobilenet-v3.js';
import { regnetY400mf, regnetY800mf } from './regnet.js';
import { resnet18, resnet34, resnet50, resnet101, resnet152, resnext50, wideResnet50 } from './resnet.js';
import { shufflenetV2 } from './shufflenet-v2.js';
import { simpleCnn } from './simple-cnn.js';
import { squeezenet10, squeezenet11 } from './squeezenet.js';
import { vgg11Bn, vgg16Bn, vgg19Bn } from './vgg.js';
import { vitSmall, vitTiny } from './vit.js';
import { xresnet50 } from './xresnet.js';

/** The networks that onecycle builds natively, by name. */
export const models = {
  alexnet,
  convnext_small: convnextSmall,
  convnext_tiny: convnextTiny,
  densenet121,
  densenet169,
  efficientnet_b0: efficientnetB0,
  efficientnet_b1: efficientnetB1,
  efficientnet_b2: efficientnetB2,
  efficientnet_b3: efficientnetB3,
  efficientnet_lite0: efficientnetLite0,
  efficientnet_lite1: efficientnetLite1,
  efficientnet_lite2: efficientnetLite2,
  mobilenet_v2: mobilenetV2,
  mobilenet_v3_large: mobilenetV3Large,
  mobilenet_v3_small: mobilenetV3Small,
  regnet_y_400mf: regnetY400mf,
  regnet_y_800mf: regnetY800mf,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  resnext50_32x4d: resnext50,
  shufflenet_v2_x1_0: shufflenetV2,
  simple_cnn: simpleCnn,
  squeezenet1_0: squeezenet10,
  squeezenet1_1: squeezenet11,
  vgg11_bn: vgg11Bn,
  vgg16_bn: vgg16Bn,
  vgg19_bn: vgg19Bn,
  vit_small_patch16: vitSmall,
  vit_tiny_patch16: vitTiny,
  wide_resnet50_2: wideResnet50,
  xresnet50,
} as const satisfies Record<string, Architecture>;

/**
 * A native network by its name, for names that come from outside; in a program, `models.NAME` is checked by the compiler.
 *
 * @throws {UserError} naming what is near, and all names that are known
 */
export function modelByName(name: string): Architecture {
  const known: Record<string, Architecture> = models;
  const found = Object.hasOwn(known, name) ? known[name] : undefined;
  if (found === undefined) {
    const near = nearNames(name, Object.keys(known));
    const hint = near.length === 0 ? '' : `did you mean ${near.join(', or ')}? `;
    throw new UserError(`unknown architecture "${name}"; ${hint}Known are ${Object.keys(known).join(', ')}`);
  }
  return found;
}
