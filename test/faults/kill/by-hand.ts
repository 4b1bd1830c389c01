import { parseArgs } from 'node:util';
import { killRounds } from './rounds.ts';

/** By hand: node test/faults/kill/by-hand.ts --rounds 200 */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '200' }, workers: { type: 'string', default: '8' } },
});
const report = await killRounds(Number(values.rounds), {
  workers: Number(values.workers),
  longest: 2000,
  onRound: (round) => {
    if (round % 10 === 0) process.stdout.write(`${new Date().toISOString()} round ${round}\n`);
  },
});
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
