// Keys that are wrong, or may not do what is asked.
import assert from 'node:assert/strict';
import ccxt from 'ccxt';
import { refused, step } from './checks.mjs';
import { connectLike, key } from './venue.mjs';

export async function keySteps(x) {
  const alice = key('alice'), reads = key('reads'), bob = key('bob');
  const wrong = {
    'a key that nobody has': { name: alice.name.slice(0, -1) + (alice.name.endsWith('0') ? '1' : '0'), privateKey: alice.privateKey },
    'an ES256 key under the name of another': { name: alice.name, privateKey: reads.privateKey },
    'an Ed25519 key under the name of another': { name: bob.name, privateKey: Buffer.from([...Array(64).keys()]).toString('base64') },
  };
  for (const [what, credentials] of Object.entries(wrong)) {
    await step(what, async () => {
      const one = connectLike(x, credentials);
      const place = () => one.createOrder('BTC/USD', 'limit', 'buy', 0.01, 45000);
      await refused(ccxt.AuthenticationError, /401 Unauthorized/, place);
      return refused(ccxt.AuthenticationError, /401 Unauthorized/, () => one.fetchBalance({ v3: true }));
    });
  }
  await step('a stream with the wrong key', async () => {
    const one = connectLike(x, wrong['an ES256 key under the name of another']);
    try {
      return await refused(ccxt.ExchangeError, /^authentication failure$/, () => one.watchOrders('BTC/USD'));
    } finally {
      await one.close();
    }
  });
  await step('a key that may only look', async () => {
    const one = connectLike(x, reads);
    assert.ok((await one.fetchBalance({ v3: true })).USD.total > 0);
    return refused(ccxt.PermissionDenied, /Missing required scopes/, () => one.createOrder('BTC/USD', 'limit', 'buy', 0.01, 45000));
  });
  await step('none of them left an order', async () => assert.deepEqual(await x.fetchOpenOrders(), []));
}
