type Bytes = Uint8Array<ArrayBuffer>;

/**
 * A pair of streams around a generator: for `pipeThrough`. Nothing is made that nobody asks for. Whatever way the
 * output ends, the generator is at its end then and the input is given up.
 */
export function through(
  make: (input: AsyncIterable<Uint8Array>) => AsyncGenerator<Bytes>,
): ReadableWritablePair<Bytes, Uint8Array> {
  const { readable: input, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const reader = input.getReader();
  let givenUp = false;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const { value, done } = await reader.read();
      if (givenUp) throw new Error('the output was given up');
      if (done) return;
      yield value;
    }
  }
  const output = make(pieces());
  const giveUp = async (reason: unknown): Promise<void> => {
    givenUp = true;
    await reader.cancel(reason).catch(() => {}); // the input failed itself
  };
  const readable = new ReadableStream<Bytes>(
    {
      async pull(controller) {
        try {
          const { value, done } = await output.next();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          await giveUp(error);
          throw error;
        }
      },
      async cancel(reason) {
        await giveUp(reason);
        await output.return(undefined).catch(() => {}); // it was in the middle of a piece that never came
      },
    },
    { highWaterMark: 0 },
  );
  return { readable, writable };
}
