import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Parameters, ROOT, send, signedTarget } from '../../server.ts';

/** What one key must look like. Each key belongs to one worker, so nothing else changes it. */
interface KeyModel {
  readonly state: 'Enabled' | 'Disabled' | 'PendingDeletion';
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly aliases: readonly string[];
}

type Model = Readonly<Record<string, KeyModel>>;

interface Sealed {
  readonly keyId: string;
  readonly CiphertextBlob: string;
  readonly context: string;
  /** Undefined where only the server knows it. */
  readonly plaintext: string | undefined;
}

/** A call that was cut off: it may have happened. */
interface Unknown {
  readonly nonce: string;
  readonly action: string;
  readonly after: ((model: Model) => Model) | undefined;
}

interface Step {
  readonly action: string;
  readonly parameters: Parameters;
  readonly after?: (model: Model, answer?: Answer) => Model;
  readonly sealed?: (answer: Answer) => Sealed;
}

/** Everything that was acknowledged to one caller who does one thing after the other. */
export class Worker {
  model: Model = {};
  readonly sealed: Sealed[] = [];
  /** Request id to whether the call was refused. */
  readonly acknowledged = new Map<string, boolean>();
  readonly unknown: Unknown[] = [];
  calls = 0;

  /** Works until the server is gone. */
  async work(url: string): Promise<void> {
    for (;;) {
      const step = this.#choose();
      const nonce = randomUUID();
      const parameters = { ...step.parameters, SignatureNonce: nonce };
      let answer: Answer;
      try {
        answer = await send(url, signedTarget(step.action, parameters, ROOT));
      } catch {
        this.unknown.push({ nonce, action: step.action, after: step.after });
        return;
      }
      this.calls++;
      if (answer.status >= 500) throw new Error(`${step.action} was answered ${answer.body.Code}`);
      this.acknowledged.set(answer.body.RequestId, answer.status !== 200);
      if (answer.status !== 200) continue;
      if (step.after) this.model = step.after(this.model, answer);
      if (step.sealed) this.sealed.push(step.sealed(answer));
    }
  }

  #choose(): Step {
    const ids = Object.keys(this.model);
    if (ids.length < 2 || (ids.length < 12 && randomInt(20) === 0)) return createKey();
    const keyId = pick(ids);
    const key = this.model[keyId];
    if (key === undefined) return createKey();
    const change = (changed: Partial<KeyModel>) => (model: Model) => ({
      ...model,
      [keyId]: { ...key, ...changed },
    });
    const plain: Step = { action: 'DescribeKey', parameters: { KeyId: keyId } };
    if (key.state !== 'Enabled') {
      if (randomInt(3) === 0) return plain;
      const action = key.state === 'Disabled' ? 'EnableKey' : 'CancelKeyDeletion';
      return { action, parameters: { KeyId: keyId }, after: change({ state: 'Enabled' }) };
    }
    switch (randomInt(12)) {
      case 0:
        return { action: 'DisableKey', parameters: { KeyId: keyId }, after: change({ state: 'Disabled' }) };
      case 1:
        return {
          action: 'ScheduleKeyDeletion',
          parameters: { KeyId: keyId, PendingWindowInDays: 30 },
          after: change({ state: 'PendingDeletion' }),
        };
      case 2: {
        const AliasName = `alias/${randomUUID()}`;
        return {
          action: 'CreateAlias',
          parameters: { KeyId: keyId, AliasName },
          after: change({ aliases: [...key.aliases, AliasName].sort() }),
        };
      }
      case 3: {
        const [AliasName, ...aliases] = key.aliases;
        if (AliasName === undefined) return plain;
        return { action: 'DeleteAlias', parameters: { AliasName }, after: change({ aliases }) };
      }
      case 4: {
        const [TagKey, TagValue] = [`t${randomInt(6)}`, String(randomInt(1000))];
        return {
          action: 'TagResource',
          parameters: { KeyId: keyId, Tags: JSON.stringify([{ TagKey, TagValue }]) },
          after: change({ tags: { ...key.tags, [TagKey]: TagValue } }),
        };
      }
      case 5: {
        const { t0: _, ...tags } = key.tags;
        const parameters = { KeyId: keyId, TagKeys: '["t0"]' };
        return { action: 'UntagResource', parameters, after: change({ tags }) };
      }
      case 6: {
        const Description = String(randomInt(1e9));
        const parameters = { KeyId: keyId, Description };
        return { action: 'UpdateKeyDescription', parameters, after: change({ description: Description }) };
      }
      case 7:
        return this.#reEncrypt(keyId) ?? plain;
      case 8:
        return {
          action: 'GenerateDataKey',
          parameters: { KeyId: pick([keyId, ...key.aliases]) },
          sealed: ({ body }) => ({ keyId, ...body, context: '{}', plaintext: body.Plaintext }),
        };
      default: {
        const context = JSON.stringify({ n: String(randomInt(1000)) });
        const plaintext = randomBytes(randomInt(200)).toString('base64');
        return {
          action: 'Encrypt',
          parameters: { KeyId: keyId, Plaintext: plaintext, EncryptionContext: context },
          sealed: ({ body }) => ({ keyId, context, plaintext, CiphertextBlob: body.CiphertextBlob }),
        };
      }
    }
  }

  #reEncrypt(keyId: string): Step | undefined {
    const source = this.sealed[randomInt(this.sealed.length + 1)];
    if (source === undefined || this.model[source.keyId]?.state !== 'Enabled') return undefined;
    return {
      action: 'ReEncrypt',
      parameters: {
        CiphertextBlob: source.CiphertextBlob,
        SourceEncryptionContext: source.context,
        DestinationKeyId: keyId,
      },
      sealed: ({ body }) => ({
        keyId,
        CiphertextBlob: body.CiphertextBlob,
        context: '{}',
        plaintext: source.plaintext,
      }),
    };
  }
}

function createKey(): Step {
  const Description = randomUUID();
  return {
    action: 'CreateKey',
    parameters: { Description },
    after: (model, answer) =>
      answer === undefined
        ? model // its id was not told
        : {
            ...model,
            [answer.body.KeyMetadata.KeyId]: {
              state: 'Enabled',
              description: Description,
              tags: {},
              aliases: [],
            },
          },
  };
}

/** Traffic of all workers against one server process, which is killed after `milliseconds`. */
export async function workUntilKilled(
  workers: readonly Worker[],
  url: string,
  kill: () => Promise<unknown>,
  milliseconds: number,
): Promise<void> {
  const working = Promise.all(workers.map((worker) => worker.work(url)));
  const died = working.then(() => 'died' as const);
  if ((await Promise.race([died, sleep(milliseconds)])) === 'died') {
    throw new Error('the server was gone before it was killed');
  }
  await kill();
  await working;
}

function pick<T>(list: readonly T[]): T {
  return list[randomInt(list.length)] as T;
}
