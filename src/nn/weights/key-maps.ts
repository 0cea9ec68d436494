/**
 * Names of the same tensor in different libraries. Each family says how it is told by the names that are there, and how each
 * name reads in torchvision, whose names are the common ones here. torchvision's names stay as they are, so that both sides
 * of a comparison can be brought to them without asking which library they come from.
 */

interface Family {
  readonly name: string;
  /** Whether a state_dict with these names is of this family, and not in torchvision's names. */
  readonly recognise: (names: ReadonlySet<string>) => boolean;
  /** How a name is written in torchvision. A name that it says nothing about stays. */
  readonly renamer: (names: ReadonlySet<string>) => (name: string) => string;
}

/** Patterns of whole names or of their beginnings; the first that fits counts. */
type Rules = readonly (readonly [pattern: RegExp, to: string | ((...groups: string[]) => string)])[];

/** A family whose names can be rewritten one by one. */
function byRules(name: string, recognise: Family['recognise'], rules: Rules): Family {
  const rename = (from: string): string => {
    for (const [pattern, to] of rules) {
      const match = pattern.exec(from);
      if (match === null) continue;
      const [all, ...groups] = match;
      return (typeof to === 'string' ? to : to(...groups)) + from.slice(all.length);
    }
    return from;
  };
  return { name, recognise, renamer: () => rename };
}

const FAMILIES: readonly Family[] = [
  byRules('ConvNeXt in timm', (has) => has.has('stages.0.blocks.0.conv_dw.weight'), [
    // torchvision counts stems and downsamplings among the stages.
    [/^stem\./, 'features.0.'],
    [/^stages\.(\d+)\.downsample\./, (stage = '') => `features.${2 * Number(stage)}.`],
    [/^stages\.(\d+)\.blocks\.(\d+)\.gamma$/, (stage, block) => `${convnextBlock(stage, block)}.layer_scale`],
    [/^stages\.(\d+)\.blocks\.(\d+)\.conv_dw\./, (stage, block) => `${convnextBlock(stage, block)}.block.0.`],
    [/^stages\.(\d+)\.blocks\.(\d+)\.norm\./, (stage, block) => `${convnextBlock(stage, block)}.block.2.`],
    [/^stages\.(\d+)\.blocks\.(\d+)\.mlp\.fc1\./, (stage, block) => `${convnextBlock(stage, block)}.block.3.`],
    [/^stages\.(\d+)\.blocks\.(\d+)\.mlp\.fc2\./, (stage, block) => `${convnextBlock(stage, block)}.block.5.`],
    [/^head\.norm\./, 'classifier.0.'],
    [/^head\.fc\./, 'classifier.2.'],
  ]),
  byRules('RegNet in timm', (has) => has.has('s1.b1.conv1.conv.weight'), [
    [/^stem\.conv\./, 'stem.0.'],
    [/^stem\.bn\./, 'stem.1.'],
    [/^s(\d)\.b(\d+)\.conv(\d)\.conv\./, (s, b, k) => `${regnetBlock(s, b)}.f.${'abc'[Number(k) - 1]}.0.`],
    [/^s(\d)\.b(\d+)\.conv(\d)\.bn\./, (s, b, k) => `${regnetBlock(s, b)}.f.${'abc'[Number(k) - 1]}.1.`],
    [/^s(\d)\.b(\d+)\.se\./, (s, b) => `${regnetBlock(s, b)}.f.se.`],
    [/^s(\d)\.b(\d+)\.downsample\.conv\./, (s, b) => `${regnetBlock(s, b)}.proj.0.`],
    [/^s(\d)\.b(\d+)\.downsample\.bn\./, (s, b) => `${regnetBlock(s, b)}.proj.1.`],
    [/^head\.fc\./, 'fc.'],
  ]),
  byRules('ViT in timm', (has) => has.has('blocks.0.attn.qkv.weight') && has.has('cls_token'), [
    [/^cls_token$/, 'class_token'],
    [/^pos_embed$/, 'encoder.pos_embedding'],
    [/^patch_embed\.proj\./, 'conv_proj.'],
    [/^blocks\.(\d+)\.norm(\d)\./, (block, k) => `encoder.layers.encoder_layer_${block}.ln_${k}.`],
    // Query, key and value lie one after the other in both.
    [/^blocks\.(\d+)\.attn\.qkv\./, (block) => `encoder.layers.encoder_layer_${block}.self_attention.in_proj_`],
    [/^blocks\.(\d+)\.attn\.proj\./, (block) => `encoder.layers.encoder_layer_${block}.self_attention.out_proj.`],
    [/^blocks\.(\d+)\.mlp\.fc1\./, (block) => `encoder.layers.encoder_layer_${block}.mlp.0.`],
    [/^blocks\.(\d+)\.mlp\.fc2\./, (block) => `encoder.layers.encoder_layer_${block}.mlp.3.`],
    [/^norm\./, 'encoder.ln.'],
    [/^head\./, 'heads.head.'],
  ]),
  // timm's classifier is written as convolutions.
  byRules('VGG in timm', (has) => has.has('pre_logits.fc1.weight') && has.has('features.0.weight'), [
    [/^pre_logits\.fc1\./, 'classifier.0.'],
    [/^pre_logits\.fc2\./, 'classifier.3.'],
    [/^head\.fc\./, 'classifier.6.'],
  ]),
  // The files that torchvision publishes have the names of 2017, when names could hold dots.
  byRules('DenseNet of 2017', (has) => has.has('features.denseblock1.denselayer1.norm.1.weight'), [
    [
      /^features\.denseblock(\d+)\.denselayer(\d+)\.(norm|conv)\.(\d)\./,
      (block, layer, kind, k) => `features.denseblock${block}.denselayer${layer}.${kind}${k}.`,
    ],
  ]),
  {
    name: 'MobileNet or EfficientNet in timm',
    recognise: (has) => has.has('conv_stem.weight') && has.has('blocks.0.0.conv_dw.weight'),
    renamer: mobileNames,
  },
];

function convnextBlock(stage = '', block = ''): string {
  return `features.${2 * Number(stage) + 1}.${block}`;
}

function regnetBlock(stage = '', block = ''): string {
  return `trunk_output.block${stage}.block${stage}-${Number(block) - 1}`;
}

/**
 * timm has one set of names for MobileNetV2, MobileNetV3 and EfficientNet, `blocks.STAGE.BLOCK.LAYER`; torchvision has three,
 * which number layers by their places.
 */
function mobileNames(names: ReadonlySet<string>): (name: string) => string {
  const layers = new Map<string, Set<string>>();
  const stages = new Map<number, number>();
  for (const name of names) {
    const match = BLOCK.exec(name);
    if (match === null) continue;
    const [, stage = '', block = '', layer = ''] = match;
    const key = `${stage}.${block}`;
    const known = layers.get(key) ?? new Set();
    layers.set(key, known.add(layer));
    stages.set(Number(stage), Math.max(stages.get(Number(stage)) ?? 0, Number(block) + 1));
  }
  // The number of the first block of each stage, counting through.
  const firsts = new Map<number, number>();
  let count = 0;
  for (const stage of [...stages.keys()].sort((a, b) => a - b)) {
    firsts.set(stage, count);
    count += stages.get(stage) ?? 0;
  }

  // MobileNetV3 ends in a block that is one convolution; MobileNetV2 has no squeeze-and-excitation anywhere.
  const v3 = [...layers.values()].some((set) => set.has('conv'));
  const v2 = !v3 && ![...layers.values()].some((set) => set.has('se'));
  const last = v2 || v3 ? count + 1 : stages.size + 1;
  const outer: Rules = [
    [/^conv_stem\./, 'features.0.0.'],
    [/^bn1\./, 'features.0.1.'],
    [/^conv_head\./, v3 ? 'classifier.0.' : `features.${last}.0.`],
    [/^bn2\./, `features.${last}.1.`],
    [/^classifier\./, v3 ? 'classifier.3.' : 'classifier.1.'],
  ];
  const { renamer } = byRules('', () => true, outer);
  const renameOuter = renamer(names);

  return (name) => {
    const match = BLOCK.exec(name);
    if (match === null) return renameOuter(name);
    const [all, stage = '', block = '', layer = ''] = match;
    const rest = name.slice(all.length);
    const number = (firsts.get(Number(stage)) ?? 0) + Number(block) + 1;
    const place = v2 || v3 ? `features.${number}` : `features.${Number(stage) + 1}.${block}`;
    const present = layers.get(`${stage}.${block}`) ?? new Set();
    if (present.has('conv')) return `${place}.${layer === 'conv' ? 0 : 1}${rest}`;
    // Expansion (where there is one), depthwise, squeeze-and-excitation (likewise), projection.
    const order = (
      present.has('conv_pwl') ? ['conv_pw', 'conv_dw', 'se', 'conv_pwl'] : ['conv_dw', 'se', 'conv_pw']
    ).filter((one) => present.has(one));
    const convolutions = order.filter((one) => one !== 'se');
    const norm = /^bn(\d)$/.exec(layer);
    const of = norm === null ? layer : (convolutions[Number(norm[1]) - 1] ?? '');
    const at = order.indexOf(of);
    if (at < 0) return name;
    if (layer === 'se') {
      return `${place}.block.${at}${rest.replace(/^\.conv_reduce\./, '.fc1.').replace(/^\.conv_expand\./, '.fc2.')}`;
    }
    const second = norm === null ? 0 : 1;
    if (!v2) return `${place}.block.${at}.${second}${rest}`;
    // MobileNetV2's projection and its norm are not grouped.
    return at === order.length - 1 ? `${place}.conv.${at + second}${rest}` : `${place}.conv.${at}.${second}${rest}`;
  };
}

const BLOCK = /^blocks\.(\d+)\.(\d+)\.([a-z_]+\d?)/;

/**
 * The names of a state_dict as torchvision has them, by the names that it has; undefined if they are torchvision's, or of no
 * family that is known here.
 *
 * @param names all of them: the family is told by them, and so are the numbers of layers
 */
export function torchvisionNames(names: Iterable<string>): Map<string, string> | undefined {
  const set = new Set(names);
  const family = FAMILIES.find(({ recognise }) => recognise(set));
  if (family === undefined) return undefined;
  const rename = family.renamer(set);
  return new Map([...set].map((name) => [name, rename(name)]));
}
