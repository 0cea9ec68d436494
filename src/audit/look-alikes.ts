import { align, RoughTextures, type Texture, texture } from './alignment.js';
import { type Chroma, chromaDistance } from './chroma.js';
import { mirrored, type Signature, Signer } from './signature.js';
import { SignatureTable } from './signature-table.js';
import { WHOLE, type Window } from './window.js';

/** A picture in little: its thumbnail, and its colours. */
export interface Miniature {
  readonly thumb: Uint8Array;
  readonly chroma: Chroma;
}

/** Pictures that show the same: re-encoded, cropped a little, mirrored, lighter or darker. */
export interface LookAlikes {
  /** Positions among the pictures given, in order. */
  readonly members: readonly number[];
  /** The lowest correlation that links two of them, up to 1. */
  readonly similarity: number;
  /** Whether one of them is the mirror image of another. */
  readonly mirrored: boolean;
}

/**
 * Found with CIFAR-10 and drawn shapes: ninety-nine of a hundred copies that were compressed, lit or cut by up to a tenth lie within
 * all three bounds once they are aligned; hardly any pair of different pictures does.
 */
const WHOLE_BOUND = 0.93;
const DETAIL_BOUND = 0.8;
const CHROMA_BOUND = 0.12;
/** Below these nothing that could still be aligned is found. */
const ROUGH_BOUND = 0.8;
const ROUGH_DETAIL_BOUND = 0.25;
const SIGNATURE_BOUND = 0.85;
/** Detail of fewer grey levels than this is noise: such pictures are too plain to compare. */
const PLAIN = 1.5;

/** What is left after a little was cut off: evenly, and from each side and corner. */
const CUT = 0.08;
const WINDOWS: readonly Window[] = [
  WHOLE,
  ...[CUT / 2, CUT].map((cut) => ({ x0: cut, x1: 1 - cut, y0: cut, y1: 1 - cut })),
  ...[0, 0.5, 1].flatMap((y) =>
    [0, 0.5, 1].flatMap((x) =>
      x === 0.5 && y === 0.5 ? [] : [{ x0: CUT * x, x1: 1 - CUT + CUT * x, y0: CUT * y, y1: 1 - CUT + CUT * y }],
    ),
  ),
];

/**
 * Groups pictures that show the same. Each is looked up by its signature, as it is, cropped and mirrored; what is found
 * is aligned and compared pixel by pixel. Plain pictures, whose likeness means nothing, are left out.
 *
 * Memory: some 600 bytes a picture. Time grows with the number of pictures that are alike in the large.
 *
 * @param onProgress is told after how many pictures others get their turn
 */
export async function findLookAlikes(
  pictures: readonly Miniature[],
  onProgress: (done: number) => void | Promise<void> = () => {},
): Promise<LookAlikes[]> {
  const rough = new RoughTextures(pictures.length);
  const plain = pictures.map(({ thumb }, i) => {
    const whole = texture(thumb, WHOLE);
    rough.set(i, whole);
    return whole.contrast < PLAIN;
  });
  const whole = new Signer();
  const table = new SignatureTable(pictures.length);
  pictures.forEach(({ thumb }, i) => {
    const [signature] = whole.sign(thumb);
    if (signature !== undefined && plain[i] !== true) table.add(i, signature);
  });
  table.build();
  const signer = new Signer(WINDOWS);
  const groups = new Groups(pictures.length);
  for (const [i, picture] of pictures.entries()) {
    if (i % 200 === 0) await onProgress(i);
    if (plain[i] === true) continue;
    const views = new Views(picture.thumb);
    for (const [j, { window, mirror }] of candidates(i, signer.sign(picture.thumb), table)) {
      const other = pictures[j];
      if (other === undefined || groups.together(i, j)) continue;
      const { whole, detail } = rough.likeness(j, views.texture(window, mirror));
      if (whole < ROUGH_BOUND || detail < ROUGH_DETAIL_BOUND) continue;
      const similarity = compare(picture, window, mirror, other);
      if (similarity !== undefined) groups.join(i, j, similarity, mirror);
    }
  }
  return groups.list();
}

/** The textures of parts of one picture, made when they are first asked for. */
class Views {
  readonly #plain = new Map<Window, Texture>();
  readonly #mirrored = new Map<Window, Texture>();

  constructor(private readonly thumb: Uint8Array) {}

  texture(window: Window, mirror: boolean): Texture {
    const kept = mirror ? this.#mirrored : this.#plain;
    const made = kept.get(window) ?? texture(this.thumb, window, mirror);
    kept.set(window, made);
    return made;
  }
}

interface Candidate {
  readonly window: Window;
  readonly mirror: boolean;
  readonly cosine: number;
}

/** The pictures that look like one of these parts of picture `i`, each with the part that it is most like. */
function candidates(i: number, parts: readonly Signature[], table: SignatureTable): Map<number, Candidate> {
  const found = new Map<number, Candidate>();
  parts.forEach((part, w) => {
    const window = WINDOWS[w] ?? WHOLE;
    for (const mirror of [false, true]) {
      const signature = mirror ? mirrored(part) : part;
      table.near(signature, (j) => {
        if (j === i) return;
        const cosine = table.cosine(j, signature);
        if (cosine < SIGNATURE_BOUND || cosine <= (found.get(j)?.cosine ?? 0)) return;
        found.set(j, { window, mirror, cosine });
      });
    }
  });
  return found;
}

/** How alike a part of a picture and another are, if they show the same. */
function compare({ thumb, chroma }: Miniature, window: Window, mirror: boolean, other: Miniature): number | undefined {
  if (chromaDistance(chroma, other.chroma, mirror) > CHROMA_BOUND) return undefined;
  const { whole, detail } = align(thumb, window, mirror, texture(other.thumb, WHOLE));
  return whole >= WHOLE_BOUND && detail >= DETAIL_BOUND ? Math.min(1, whole) : undefined;
}

/** Sets of pictures, joined one link at a time. */
class Groups {
  readonly #parent: Int32Array;
  readonly #links: { readonly member: number; readonly similarity: number; readonly mirror: boolean }[] = [];

  constructor(n: number) {
    this.#parent = Int32Array.from({ length: n }, (_, i) => i);
  }

  together(a: number, b: number): boolean {
    return this.#root(a) === this.#root(b);
  }

  join(a: number, b: number, similarity: number, mirror: boolean): void {
    this.#links.push({ member: a, similarity, mirror });
    this.#parent[this.#root(Math.max(a, b))] = this.#root(Math.min(a, b));
  }

  list(): LookAlikes[] {
    const groups = new Map<number, { members: number[]; similarity: number; mirrored: boolean }>();
    const linked = new Set(this.#links.map(({ member }) => this.#root(member)));
    this.#parent.forEach((_, i) => {
      const root = this.#root(i);
      if (!linked.has(root)) return;
      const group = groups.get(root) ?? { members: [], similarity: 1, mirrored: false };
      group.members.push(i);
      groups.set(root, group);
    });
    for (const { member, similarity, mirror } of this.#links) {
      const group = groups.get(this.#root(member));
      if (group === undefined) continue;
      group.similarity = Math.min(group.similarity, similarity);
      group.mirrored ||= mirror;
    }
    return [...groups.values()];
  }

  #root(i: number): number {
    let at = i;
    for (let up = this.#parent[at] ?? at; up !== at; up = this.#parent[at] ?? at) {
      this.#parent[at] = this.#parent[up] ?? up;
      at = up;
    }
    return at;
  }
}
