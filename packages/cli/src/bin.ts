#!/usr/bin/env node
// What runs where the package is installed; in the workspace `bin/keyhold.js` chooses a Node for it.
import { main } from './main.ts';

await main(process.argv);
