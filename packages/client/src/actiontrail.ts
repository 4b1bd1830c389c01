import {
  ACTIONTRAIL,
  type ActionTrailOperations,
  actionTrailOperations,
} from '@keyhold/api/actiontrail/product.ts';
import { type Client, type ClientOptions, createClient } from './client.ts';
import { regionalHost } from './vendor-hosts.ts';

export type ActionTrailClient = Client<ActionTrailOperations>;

const PRODUCT = {
  version: ACTIONTRAIL.version,
  operations: actionTrailOperations,
  host: regionalHost('actiontrail'),
};

export const createActionTrailClient = (options: ClientOptions): ActionTrailClient =>
  createClient(PRODUCT, options);
