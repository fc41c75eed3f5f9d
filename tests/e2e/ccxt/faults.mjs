// What goes wrong on the way, at the venue's control port: ccxt's errors, and what is there afterwards.
import assert from 'node:assert/strict';
import ccxt from 'ccxt';
import { refused, step, until } from './checks.mjs';
import { tell } from './venue.mjs';

const rule = (what) => tell('/rules', { on: 'request', ...what });

export async function faultSteps(x) {
  const place = (id) => x.createOrder('BTC/USD', 'limit', 'buy', 0.01, 45000, { client_order_id: id });
  await step('an order whose answer is lost is there, and the same when it is sent again', async () => {
    await rule({ do: 'drop_after', method: 'POST', route: '*/orders' });
    await refused(ccxt.NetworkError, /fetch failed/, () => place('lost'));
    const [there, ...more] = await x.fetchOpenOrders('BTC/USD');
    assert.deepEqual([there.clientOrderId, more.length], ['lost', 0]);
    assert.equal((await place('lost')).id, there.id);
    await x.cancelOrder(there.id);
  });
  await step('an order that is lost on its way is not there', async () => {
    await rule({ do: 'drop_before', method: 'POST', route: '*/orders' });
    await refused(ccxt.NetworkError, /fetch failed/, () => place('never'));
    assert.deepEqual(await x.fetchOpenOrders('BTC/USD'), []);
  });
  await step('answers of a gateway', async () => {
    const balance = () => x.fetchBalance({ v3: true }), said = [];
    for (const [what, kind, words] of [[{ do: 'server_error', status: 503 }, ccxt.ExchangeNotAvailable, /go\/sg\//],
      [{ do: 'rate_limited' }, ccxt.RateLimitExceeded, /rate_limit_exceeded/], [{ do: 'unauthorized' }, ccxt.AuthenticationError, /Unauthorized/]]) {
      await rule({ ...what, route: '*/accounts' });
      said.push(await refused(kind, words, balance));
      await balance();
    }
    return said.join(', ');
  });
  await step('a stream that is cut off is taken up again, with what is open', async () => {
    const open = (list) => list.some((o) => o.clientOrderId === 'kept' && o.status === 'open');
    const told = until(() => x.watchOrders('BTC/USD'), open); // before it is placed: what nobody waits for is not told again
    const kept = await x.createOrder('BTC/USD', 'limit', 'buy', 0.01, 44000, { client_order_id: 'kept' });
    await told;
    const cut = refused(ccxt.NetworkError, /closed|reset/, () => until(() => x.watchOrders('BTC/USD'), () => false));
    await tell('/disconnect', { what: 'streams' });
    await cut;
    await until(() => x.watchOrders('BTC/USD'), open);
    await x.cancelOrder(kept.id);
  });
}
