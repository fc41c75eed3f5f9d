// client.mjs PORT CONTROL_PORT FOLDER: ccxt as it comes from npm trades at the venue of run.sh, with a key of each kind that it can sign
// with. Exit 1 when anything is not as the venue's rules and Coinbase's documents say. What ccxt itself can't do is left out: it signs for
// the user's stream by ES256 only.
import fs from 'node:fs';
import { allWell, begin, step } from './checks.mjs';
import { faultSteps } from './faults.mjs';
import { keySteps } from './keys.mjs';
import { marketSteps } from './market.mjs';
import { moneySteps } from './money.mjs';
import { orderSteps } from './orders.mjs';
import { publicStreams, userStream } from './streams.mjs';
import { connect, holdPrice, key, price } from './venue.mjs';

// The package's own word: what the code calls itself is of the release before.
const { version } = JSON.parse(fs.readFileSync('node_modules/ccxt/package.json', 'utf8'));
console.log(`ccxt ${version} on Node ${process.version}`);
await holdPrice(price);
for (const [name, owner] of [['ES256', 'alice'], ['Ed25519', 'bob']]) {
  begin(name);
  const x = connect(key(owner));
  await marketSteps(x);
  await orderSteps(x);
  await moneySteps(x);
  if (name === 'ES256') { // what is behind it is the same for every key
    await publicStreams(x);
    await userStream(x);
    begin('faults');
    await faultSteps(x);
    begin('keys');
    await keySteps(x);
  }
  await step('the streams are closed', () => x.close());
}
process.exit(allWell() ? 0 : 1);
