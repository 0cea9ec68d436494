import cliProgress from 'cli-progress';
import { clock } from '../report/table.js';

/** One state of the work under way. */
export interface ProgressState {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  /** Seconds until this stage ends, if they can be told. */
  readonly left?: number | undefined;
  readonly note?: string;
}

/** Without a terminal, a line at most every so many milliseconds. */
const PLAIN_INTERVAL = 5000;

/** Shows how far work has come: a bar that renews itself on a terminal, plain lines now and then elsewhere. */
export class ProgressLine {
  #bar: cliProgress.SingleBar | undefined;
  #lastPlain = performance.now();

  constructor(
    private readonly enabled: boolean,
    private readonly stream: NodeJS.WriteStream = process.stderr,
  ) {}

  show(state: ProgressState): void {
    if (!this.enabled) return;
    if (this.stream.isTTY) this.#showBar(state);
    else this.#showPlain(state);
  }

  /** Takes the bar away, so that something else can be printed. */
  clear(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #showBar(state: ProgressState): void {
    const payload = { label: state.label, note: noteOf(state) };
    if (this.#bar === undefined) {
      this.#bar = new cliProgress.SingleBar({
        stream: this.stream,
        format: '{label} {bar} {value}/{total}{note}',
        barCompleteChar: '█',
        barIncompleteChar: '░',
        barsize: 30,
        hideCursor: true,
        clearOnComplete: true,
        stopOnComplete: false,
        // ctrl-C is the command's to handle.
        gracefulExit: false,
        fps: 8,
      });
      this.#bar.start(state.total, state.done, payload);
      return;
    }
    this.#bar.setTotal(state.total);
    this.#bar.update(state.done, payload);
  }

  #showPlain(state: ProgressState): void {
    const now = performance.now();
    if (now - this.#lastPlain < PLAIN_INTERVAL) return;
    this.#lastPlain = now;
    this.stream.write(`${state.label} ${state.done}/${state.total}${noteOf(state)}\n`);
  }
}

function noteOf({ left, note }: ProgressState): string {
  return `${note === undefined ? '' : `, ${note}`}${left === undefined ? '' : `, ${clock(left)} left`}`;
}
