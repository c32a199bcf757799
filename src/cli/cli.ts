#!/usr/bin/env node
import { evaluateCommand, EVALUATE_HELP } from './evaluate-command.js';
import { trainCommand, TRAIN_HELP } from './train-command.js';

const HELP = `nordlys-proxy: tools for the router that reads the prompt

  nordlys-proxy train --data prompts.jsonl --out checkpoint.json
  nordlys-proxy evaluate --data prompts.jsonl --checkpoint checkpoint.json

Each line of the data is { "prompt": "…", "scores": { "model": 0…1 }, "costs"?: { "model": USD } }.
"nordlys-proxy train --help" and "nordlys-proxy evaluate --help" list the options.
`;

/** Runs one command. Errors are printed without a stack: they are about the input. */
async function main([command, ...args]: readonly string[]): Promise<number> {
  const wantsHelp = args.includes('--help') || args.includes('-h');
  switch (command) {
    case 'train':
      return wantsHelp ? print(TRAIN_HELP) : trainCommand(args);
    case 'evaluate':
      return wantsHelp ? print(EVALUATE_HELP) : evaluateCommand(args);
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      return print(HELP);
    default:
      process.stderr.write(`nordlys-proxy: unknown command ${JSON.stringify(command)}.\n\n${HELP}`);
      return 1;
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`nordlys-proxy: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
