import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Questions to a person at a terminal. */
export class Asking implements Disposable {
  #silent = false;
  readonly #lines = createInterface({
    input: process.stdin,
    output: new Writable({
      write: (chunk, _, done) => {
        if (!this.#silent) process.stderr.write(chunk);
        done();
      },
    }),
    terminal: true,
  });

  /** The answer, or `known` where it is empty. Rejects where the person ends it: Control-C, Control-D. */
  async ask(question: string, known = ''): Promise<string> {
    const hint = known === '' ? '' : ` [${known}]`;
    return (await this.#answer(`${question}${hint}: `)).trim() || known;
  }

  /** What is typed is not shown. */
  async askSecret(question: string, known: string): Promise<string> {
    process.stderr.write(`${question}${known === '' ? '' : ' [keep]'}: `);
    this.#silent = true;
    try {
      return (await this.#answer('')).trim() || known;
    } finally {
      this.#silent = false;
      process.stderr.write('\n');
    }
  }

  #answer(question: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const closed = (): void => reject(new Error('ended: nothing was stored'));
      this.#lines.once('close', closed);
      this.#lines.question(question, (answer) => {
        this.#lines.off('close', closed);
        resolve(answer);
      });
    });
  }

  [Symbol.dispose](): void {
    this.#lines.close();
  }
}
