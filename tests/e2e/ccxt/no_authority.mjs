// Without the venue's authority among those that Node trusts, ccxt does not talk to it. Of which class the error is depends on Node.
import assert from 'node:assert/strict';
import { allWell, begin, step } from './checks.mjs';
import { connect, key } from './venue.mjs';

begin('TLS');
const x = connect(key('alice'), { markets: {} });
await step('REST of a stranger', () => assert.rejects(x.fetchTime(), /unable to verify the first certificate/));
await step('a stream of a stranger', () => assert.rejects(x.watchOrders(), /unable to verify the first certificate/));
process.exit(allWell() ? 0 : 1);
