import { STS, type StsOperations, stsOperations } from '@keyhold/api/sts/product.ts';
import { type Client, type ClientOptions, createClient } from './client.ts';
import { anyHost } from './vendor-hosts.ts';

export type StsClient = Client<StsOperations>;

const PRODUCT = { version: STS.version, operations: stsOperations, host: anyHost('sts') };

export const createStsClient = (options: ClientOptions): StsClient => createClient(PRODUCT, options);
