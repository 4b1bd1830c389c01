import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { visible } from '../visible.ts';

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

  constructor() {
    this.#lines.on('SIGINT', () => {
      this.#lines.close(); // gives the terminal back
      process.stderr.write('ended: nothing was stored\n');
      process.kill(process.pid, 'SIGINT');
    });
  }

  /**
   * The answer, or `known` where it is empty; asked again as long as `check` throws. Rejects where the person ends
   * it: Control-D. Control-C ends the process, by its signal.
   */
  async ask(question: string, known: string, check: (answer: string) => unknown = () => {}): Promise<string> {
    const hint = known === '' ? '' : ` [${known}]`;
    for (;;) {
      const answer = (await this.#answer(`${question}${hint}: `)).trim() || known;
      try {
        check(answer);
        return answer;
      } catch (error) {
        process.stderr.write(`${visible(error instanceof Error ? error.message : String(error))}\n`);
      }
    }
  }

  /** What is typed is not shown. */
  async askSecret(question: string, known: string): Promise<string> {
    process.stderr.write(`${question}${known === '' ? '' : ' [keep]'}: `);
    this.#silent = true;
    try {
      const answer = (await this.#answer('')).trim() || known;
      process.stderr.write('\n');
      return answer;
    } finally {
      this.#silent = false;
    }
  }

  #answer(question: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const closed = (): void => {
        process.stderr.write('\n');
        reject(new Error('ended: nothing was stored'));
      };
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
