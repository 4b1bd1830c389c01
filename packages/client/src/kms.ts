import { KMS, type KmsOperations, kmsOperations } from '@keyhold/api/kms/product.ts';
import { type Client, type ClientOptions, createClient } from './client.ts';
import { regionalHost } from './vendor-hosts.ts';

export type KmsClient = Client<KmsOperations>;

const PRODUCT = { version: KMS.version, operations: kmsOperations, host: regionalHost('kms') };

export const createKmsClient = (options: ClientOptions): KmsClient => createClient(PRODUCT, options);
