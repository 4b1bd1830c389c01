import { Socket } from 'node:net';
import { answersFrom } from './pkcs11/calls.ts';
import { Channel, type Message, type Received } from './pkcs11/channel.ts';
import { type Connection, connect } from './pkcs11/connection.ts';
import { ANSWER, CALL, type Call, type Connecting } from './pkcs11/protocol.ts';
import { meaningOf, returnValue } from './pkcs11/return-values.ts';
import { TokenRefused } from './token.ts';

/**
 * The process that holds the token: libraries of vendors crash and hang, and take with them only this. It lives
 * as long as the socket that it is started with. Signals are the server's affair: a Ctrl-C reaches both, and
 * calls in flight are still to be answered.
 */
const socket = new Socket({ fd: 3 });
const channel = new Channel(socket, (message) => void receive(message));
const names = new Map<number, Call>(Object.entries(CALL).map(([name, kind]) => [kind, name as Call]));

let connection: Connection | undefined;
let answers: ReturnType<typeof answersFrom> | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
socket.on('error', () => undefined);
socket.on('close', () => {
  connection?.library.C_Finalize();
  process.exit();
});

async function receive(message: Received): Promise<void> {
  const { kind, fields } = await answer(message);
  for (const field of message.fields) field.fill(0);
  channel.send({ id: message.id, kind, fields }, 'own');
}

async function answer({ kind, fields }: Received): Promise<Omit<Message, 'id'>> {
  try {
    const name = names.get(kind);
    if (name === 'connect') return open(fields);
    if (name === undefined || answers === undefined) throw new Error(`call ${kind} is not expected`);
    const results = await answers[name](...fields);
    return results ? { kind: ANSWER.done, fields: results } : { kind: ANSWER.doesNotOpen, fields: [] };
  } catch (error) {
    return failure(error);
  }
}

function open([connecting, pin]: readonly Buffer[]): Omit<Message, 'id'> {
  try {
    // The binding takes a string only. It is nowhere else, and nothing but the token runs in this process.
    connection = connect(JSON.parse(String(connecting)) as Connecting, String(pin));
    answers = answersFrom(connection);
    return { kind: ANSWER.done, fields: [] };
  } catch (error) {
    return { kind: meaningOf(error) === 'wrong-pin' ? ANSWER.wrongPin : ANSWER.lost, fields: [said(error)] };
  }
}

function failure(error: unknown): Omit<Message, 'id'> {
  if (error instanceof TokenRefused) {
    return { kind: ANSWER.refused, fields: [Buffer.from(error.refusal), Buffer.from(error.message)] };
  }
  try {
    connection?.check();
    return { kind: ANSWER.failed, fields: [said(error)] };
  } catch (reason) {
    return { kind: ANSWER.lost, fields: [said(reason)] };
  }
}

/** Of the library's errors the name alone. */
function said(error: unknown): Buffer {
  const message = error instanceof Error ? error.message : String(error);
  return Buffer.from(/^CKR_\w+:\d+/.test(message) ? returnValue(message) : message);
}
