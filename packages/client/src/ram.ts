import { RAM, type RamOperations, ramOperations } from '@keyhold/api/ram/product.ts';
import { type Client, type ClientOptions, createClient } from './client.ts';
import { globalHost } from './vendor-hosts.ts';

export type RamClient = Client<RamOperations>;

const PRODUCT = { version: RAM.version, operations: ramOperations, host: globalHost('ram') };

export const createRamClient = (options: ClientOptions): RamClient => createClient(PRODUCT, options);
