/** How many of several files are done. One that is at work counts as the part of it that is done. */
export class FileCount {
  readonly #total: number;
  readonly #tell: ((progress: { readonly files: number; readonly total: number }) => void) | undefined;
  readonly #parts = new Set<{ done: number }>();
  #finished = 0;

  constructor(
    total: number,
    tell: ((progress: { readonly files: number; readonly total: number }) => void) | undefined,
  ) {
    this.#total = total;
    this.#tell = tell;
  }

  finish(files: number): void {
    this.#finished += files;
    this.#say();
  }

  /** Runs what works on one file, which then is finished, and tells how far it is. */
  async during(
    work: (onBytes: (progress: { bytes: number; total: number }) => void) => Promise<void>,
  ): Promise<void> {
    const part = { done: 0 };
    this.#parts.add(part);
    try {
      await work(({ bytes, total }) => {
        part.done = total === 0 ? 0 : bytes / total;
        this.#say();
      });
    } finally {
      this.#parts.delete(part);
      this.finish(1);
    }
  }

  #say(): void {
    let files = this.#finished;
    for (const { done } of this.#parts) files += done;
    this.#tell?.({ files, total: this.#total });
  }
}
