import { emptyStores, testDirectory } from './conformance/sqlite-files.ts';
import { storeConformance } from './conformance.ts';

const open = emptyStores(testDirectory());

storeConformance('the store on SQLite', async () => (await open()).store);
