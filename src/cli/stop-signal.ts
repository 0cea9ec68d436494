/** What a shell reports for a program ended by a signal: 128 and the signal's number. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type StopName = keyof typeof EXIT_CODES;

const NAMES: readonly StopName[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];

/**
 * Turns the first ctrl-C (or SIGTERM, or the end of the terminal) into a request to stop in good order; the second ends the program at once.
 */
export class StopSignal {
  readonly #controller = new AbortController();
  #received: StopName | undefined;
  readonly #on = (name: StopName) => this.#receive(name);

  constructor(private readonly announce: () => void) {
    for (const name of NAMES) process.on(name, this.#on);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get exitCode(): number {
    return EXIT_CODES[this.#received ?? 'SIGINT'];
  }

  dispose(): void {
    for (const name of NAMES) process.off(name, this.#on);
  }

  #receive(name: StopName): void {
    // A terminal that goes tells several times: its shell, then the system.
    if (this.#received === 'SIGHUP' && name === 'SIGHUP') return;
    if (this.#received !== undefined) process.exit(EXIT_CODES[name]);
    this.#received = name;
    this.announce();
    this.#controller.abort();
  }
}
