// Budgets and the ledger while gateways and Redis are killed: no caller exceeds its budget, and every bill is in the ledger.
// node bench/chaos/money.ts [--short | --long] [--seconds N] [--seed N]
import { runMoney } from './lib/money/run.ts';
import { numbersAndWords } from './lib/options.ts';

const { numbers, words } = numbersAndWords(['seconds', 'seed'], ['short', 'long']);
const { seed = 1, seconds = words.has('long') ? 300 : 30 } = numbers;
process.exitCode = (await runMoney(seed, seconds)) ? 0 : 1;
