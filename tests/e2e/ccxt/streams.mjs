// The WebSocket side: what ccxt.pro keeps from the channels is what REST says.
import assert from 'node:assert/strict';
import { pause, step, until } from './checks.mjs';
import { connectLike } from './venue.mjs';

export async function publicStreams(x) {
  await step('watchTicker', async () => {
    const first = await x.watchTicker('ETH/USD');
    assert.ok(first.bid < first.ask && first.low <= first.last && first.last <= first.high && first.baseVolume > 0);
    const next = await until(() => x.watchTicker('ETH/USD'), (t) => t.last !== first.last);
    assert.ok(next.timestamp > first.timestamp);
    return `${first.last}, then ${next.last}`;
  });
  await step('watchOrderBook', async () => {
    const b = await until(() => x.watchOrderBook('BTC/USD'), (told) => told.asks.length === 10);
    assert.deepEqual(Array.from(b.asks, (l) => l[0]), [...Array(10).keys()].map((i) => 50005 + 10 * i));
    assert.deepEqual(Array.from(b.bids, (l) => l[0]), [...Array(10).keys()].map((i) => 49995 - 10 * i));
    const own = await x.createOrder('BTC/USD', 'limit', 'buy', 0.25, 49990, { postOnly: true });
    await until(() => x.watchOrderBook('BTC/USD'), (told) => told.bids.some(([p, size]) => p === 49990 && size === 0.25));
    await x.cancelOrder(own.id);
    await until(() => x.watchOrderBook('BTC/USD'), (told) => !told.bids.some(([p]) => p === 49990));
    return 'ten levels on each side, and an order of one\'s own comes and goes';
  });
  await step('watchOrderBook of BTC/USDC, whose book is that of BTC/USD', async () => {
    const b = await x.watchOrderBook('BTC/USDC');
    assert.deepEqual([b.bids[0][0], b.asks[0][0]], [49995, 50005]);
  });
  await step('watchTrades', async () => {
    const told = until(() => x.watchTrades('BTC/USD'), (list) => list.some((t) => t.amount === 0.0123));
    await pause(300);
    await x.createOrder('BTC/USD', 'market', 'sell', 0.0123);
    const t = (await told).find((one) => one.amount === 0.0123);
    assert.deepEqual([t.symbol, t.price, t.side], ['BTC/USD', 49995, 'buy']); // the side is the maker's
    return `${t.amount} at ${t.price}`;
  });
  await step('watchTickers and unWatchTicker', async () => {
    const one = connectLike(x, { name: x.apiKey, privateKey: x.secret });
    try {
      await one.watchTicker('BTC/USD');
      assert.equal(await one.unWatchTicker('BTC/USD'), true);
      const told = new Set();
      await until(async () => { for (const s of Object.keys(await one.watchTickers(['BTC/USD', 'ETH/USD']))) told.add(s); }, () => told.size === 2);
    } finally {
      await one.close();
    }
  });
}

export async function userStream(x) {
  await step('watchOrders: open, cancelled, filled', async () => {
    const kept = await x.createOrder('BTC/USD', 'limit', 'buy', 0.01, 45000, { postOnly: true });
    const find = (list, id, status) => list.find((o) => o.id === id && o.status === status);
    const told = async (id, status) => find(await until(() => x.watchOrders('BTC/USD'), (list) => find(list, id, status)), id, status);
    const first = await told(kept.id, 'open'); // of the snapshot
    assert.deepEqual([first.clientOrderId, first.side, first.price, first.remaining], [kept.clientOrderId, 'buy', 45000, 0.01]);
    const cancelled = told(kept.id, 'canceled');
    await x.cancelOrder(kept.id);
    await cancelled;
    // The answer and the stream overtake each other: both are waited for.
    const seen = until(() => x.watchOrders('BTC/USD'), (list) => list.some((o) => o.status === 'closed' && o.clientOrderId === 'stream'));
    const bought = await x.createOrder('BTC/USD', 'market', 'buy', 2000, undefined, { cost: 2000, client_order_id: 'stream' });
    const o = (await seen).find((one) => one.clientOrderId === 'stream'), asked = await x.fetchOrder(bought.id);
    assert.deepEqual([o.id, o.filled, o.average], [bought.id, asked.filled, asked.average]);
    for (const [there, here] of [['cumulative_quantity', 'filled_size'], ['filled_value', 'filled_value'], ['total_fees', 'total_fees'],
      ['total_value_after_fees', 'total_value_after_fees'], ['number_of_fills', 'number_of_fills'], ['avg_price', 'average_filled_price']]) {
      assert.equal(o.info[there], asked.info[here], there);
    }
    return `filled ${o.info.cumulative_quantity}, fees ${o.info.total_fees}`;
  });
}
