import * as z from 'zod';
import type { CredentialSource } from '../credentials/credentials.ts';
import { readJsonFile } from './json-file.ts';

const Pair = z.object({ AccessKeyId: z.string().min(1), AccessKeySecret: z.string().min(1) });

/** The pair that a Keyhold server made at its first start, for whom may read its data directory. */
export const rootAccessKeySource = (path: string): CredentialSource => ({
  name: `the root access key ${path}`,
  async find() {
    const pair = await readJsonFile(path, Pair);
    if (pair === undefined) return 'there is none';
    const credentials = { accessKeyId: pair.AccessKeyId, accessKeySecret: pair.AccessKeySecret };
    return async () => credentials;
  },
});

/** That pair is for the server of the same machine: others never get to see its id. */
export const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
