import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../open-store.ts';
import { NO_QUOTA, sampleAlias, sampleKey, sampleVersion } from './samples.ts';

// The program that crash.test.ts kills: it says what it did as soon as the store confirms it.
const store = await openSqliteStore(process.argv[2] ?? '');
const say = (line: string) => writeSync(1, `${line}\n`);

async function work(): Promise<void> {
  for (;;) {
    const key = sampleKey({ keyId: randomUUID() });
    const tags = [{ tagKey: 'a', tagValue: 'b' }];
    await store.keys.create(key, sampleVersion(key.keyId), tags, NO_QUOTA);
    say(`key ${key.keyId}`);
    await store.aliases.create(sampleAlias(key.keyId, `alias/${key.keyId}`), NO_QUOTA);
    say(`alias ${key.keyId}`);
    await store.keys.replace({ ...key, revision: 2, state: 'Disabled' });
    say(`disabled ${key.keyId}`);
    // Lets the other workers in.
    await new Promise(setImmediate);
  }
}

await Promise.all([work(), work(), work()]);
