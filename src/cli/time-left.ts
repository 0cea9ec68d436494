/**
 * Estimates when a stage ends. An epoch has parts that go at speeds of their own (computing features, training,
 * validating): the part under way is measured, and epochs to come are taken to last as long as the last one, or as long as
 * the parts of the first one that are known.
 */
export class TimeLeft {
  #partBegan = performance.now();
  #part = '';
  #firstDone = 0;
  #partSeconds = 0;
  #earlierParts = 0;
  #lastEpoch: number | undefined;

  /** Seconds until `epochsToCome` more epochs after this one are done; undefined before anything was measured. */
  update(part: string, done: number, total: number, epochsToCome: number): number | undefined {
    const now = performance.now();
    if (part !== this.#part) {
      this.#earlierParts += this.#partSeconds;
      this.#part = part;
      this.#partBegan = now;
      this.#firstDone = done;
      this.#partSeconds = 0;
      return undefined;
    }
    this.#partSeconds = (now - this.#partBegan) / 1000;
    const counted = done - this.#firstDone;
    if (counted <= 0) return undefined;
    const partLeft = (this.#partSeconds / counted) * (total - done);
    const epoch = this.#lastEpoch ?? this.#earlierParts + this.#partSeconds + partLeft;
    return partLeft + epochsToCome * epoch;
  }

  endEpoch(seconds: number): void {
    this.#lastEpoch = seconds;
    this.#part = '';
    this.#partSeconds = 0;
    this.#earlierParts = 0;
  }
}
