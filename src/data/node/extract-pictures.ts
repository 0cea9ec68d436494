import type { SplitName } from '../batch.js';
import { makeFolder } from './make-folder.js';
import { METADATA_NAMES, metadataLine } from './metadata-file.js';
import { pictureKind } from './picture-kind.js';
import { UnpackTarget } from './unpack-target.js';

/** Takes pictures one after the other. */
export interface PictureWriter {
  /** Pictures taken so far. */
  readonly count: number;
  /** Keeps the bytes of a picture's file under its split and the name of its class. */
  add(split: SplitName, picture: Uint8Array, label: string): void;
}

/**
 * Makes a folder of pictures that came out of something else, whole or not at all: as `imagefolder` has them, a folder for each split
 * with `metadata.jsonl`.
 *
 * @param source what they come from, for messages
 * @param maxBytes bound on all pictures together
 */
export async function extractPictures(
  folder: string,
  source: string,
  maxBytes: number,
  fill: (writer: PictureWriter) => Promise<void>,
): Promise<void> {
  await makeFolder(folder, source, async (partial) => {
    const target = new UnpackTarget(source, partial, maxBytes);
    const writer = new SplitWriter(target);
    try {
      await fill(writer);
      writer.close();
    } finally {
      target.dispose();
    }
    return partial;
  });
}

class SplitWriter implements PictureWriter {
  count = 0;
  readonly #metadata = new Map<SplitName, ReturnType<UnpackTarget['addFile']>>();

  constructor(private readonly target: UnpackTarget) {}

  add(split: SplitName, picture: Uint8Array, label: string): void {
    const name = `${String(this.count++).padStart(7, '0')}.${pictureKind(picture) ?? 'bin'}`;
    const file = this.target.addFile(`${split}/${name}`);
    file.write(picture);
    file.close();
    const metadata = this.#metadata.get(split) ?? this.target.addFile(`${split}/${METADATA_NAMES[0]}`);
    this.#metadata.set(split, metadata);
    metadata.write(Buffer.from(metadataLine(name, label)));
  }

  close(): void {
    for (const file of this.#metadata.values()) file.close();
  }
}
