/** What a shell reports for a program ended by a signal: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type StopName = keyof typeof EXIT_CODES;

/**
 * Turns the first ctrl-C (or SIGTERM) into a request to stop in good order; the second ends the program at once.
 */
export class StopSignal {
  readonly #controller = new AbortController();
  #received: StopName | undefined;
  readonly #onSigint = () => this.#receive('SIGINT');
  readonly #onSigterm = () => this.#receive('SIGTERM');

  constructor(private readonly announce: () => void) {
    process.on('SIGINT', this.#onSigint);
    process.on('SIGTERM', this.#onSigterm);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get exitCode(): number {
    return EXIT_CODES[this.#received ?? 'SIGINT'];
  }

  dispose(): void {
    process.off('SIGINT', this.#onSigint);
    process.off('SIGTERM', this.#onSigterm);
  }

  #receive(name: StopName): void {
    if (this.#received !== undefined) process.exit(EXIT_CODES[name]);
    this.#received = name;
    this.announce();
    this.#controller.abort();
  }
}
