import { emptyStores, testDirectory } from './conformance/sqlite-files.ts';
import { storeConformance } from './conformance/suite.ts';

const open = emptyStores(testDirectory());

storeConformance('the store on SQLite', async () => (await open()).store);
