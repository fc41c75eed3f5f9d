// What needs no key but the fee tier: time, markets, currencies, books, trades, candles.
import assert from 'node:assert/strict';
import { step } from './checks.mjs';
import { bestAsk, bestBid, price } from './venue.mjs';

const ids = ['ADA-USD', 'AVAX-USD', 'BTC-USD', 'BTC-USDC', 'DOGE-USD', 'ETH-BTC', 'ETH-USD', 'ETH-USDC', 'LINK-USD', 'LTC-USD', 'SHIB-USD', 'SOL-USD',
  'XLM-USD', 'XRP-USD'];

export async function marketSteps(x) {
  await step('time', async () => {
    for (const method of ['v2PublicGetTime', 'v3PublicGetBrokerageTime']) {
      const before = Date.now(), told = await x.fetchTime({ method });
      assert.equal(told % 1000, 0);
      assert.ok(told > before - 1000 && told <= Date.now(), `${told} at ${before}`);
    }
    return 'of v2 and v3, to the second';
  });
  await step('markets', async () => {
    await x.loadMarkets();
    assert.deepEqual(Object.values(x.markets).map((m) => m.id).sort(), ids);
    const m = x.market('BTC/USD');
    assert.equal(m.type, 'spot');
    assert.equal(m.active, true);
    assert.deepEqual(m.precision, { amount: 1e-8, price: 0.01 });
    assert.deepEqual([m.limits.amount.min, m.limits.amount.max, m.limits.cost.min, m.limits.cost.max], [1e-8, 3400, 1, 150000000]);
    assert.deepEqual([m.maker, m.taker], [0.004, 0.006]);
    assert.equal(m.alias, 'BTC-USDC');
    assert.equal(x.market('BTC/USDC').info.alias, 'BTC-USD');
    assert.deepEqual(x.market('SHIB/USD').precision, { amount: 1, price: 1e-8 });
    assert.deepEqual(x.market('ETH/BTC').limits.cost, { min: 0.00001, max: 200 });
    assert.equal(x.currency('USD').type, 'fiat');
    assert.equal(x.currency('BTC').type, 'crypto');
    return `${ids.length}, with steps, limits and the fee tier`;
  });
  await step('order book', async () => {
    const b = await x.fetchOrderBook('BTC/USD', 3);
    assert.deepEqual(b.asks.map((l) => l[0]), [50005, 50015, 50025]);
    assert.deepEqual(b.bids.map((l) => l[0]), [49995, 49985, 49975]);
    for (const [, size] of [...b.asks, ...b.bids]) assert.ok(size > 0);
    assert.equal((await x.fetchOrderBook('BTC/USD', 3, { usePrivate: true })).asks[0][0], Number(bestAsk));
    assert.ok(Math.abs(b.timestamp - Date.now()) < 5000);
    const tops = await x.fetchBidsAsks(['BTC/USD', 'ETH/USD']);
    assert.deepEqual([tops['BTC/USD'].bid, tops['BTC/USD'].ask], [Number(bestBid), Number(bestAsk)]);
    assert.ok(tops['ETH/USD'].bid < tops['ETH/USD'].ask);
    return `${bestBid} to ${bestAsk}`;
  });
  await step('ticker and trades', async () => {
    const t = await x.fetchTicker('BTC/USD');
    assert.deepEqual([t.bid, t.ask], [Number(bestBid), Number(bestAsk)]);
    const all = await x.fetchTickers(['BTC/USD', 'ETH/USD']);
    assert.deepEqual(Object.keys(all).sort(), ['BTC/USD', 'ETH/USD']);
    assert.equal(all['BTC/USD'].last, Number(price));
    const trades = await x.fetchTrades('ETH/USD', undefined, 5);
    assert.equal(trades.length, 5);
    for (const [i, one] of trades.entries()) {
      assert.ok(one.price > 0 && one.amount > 0 && ['buy', 'sell'].includes(one.side));
      assert.ok(i === 0 || one.timestamp >= trades[i - 1].timestamp);
    }
    assert.equal(new Set(trades.map((one) => one.id)).size, 5);
    return `last ${all['BTC/USD'].last}`;
  });
  await step('candles', async () => {
    for (const [frame, length] of [['1m', 60], ['5m', 300], ['1h', 3600], ['1d', 86400]]) {
      const list = await x.fetchOHLCV('ETH/USD', frame, undefined, 10);
      assert.ok(list.length === 10 || list.length === 11, `${list.length} of ${frame}`);
      for (const [i, [time, open, high, low, close, volume]] of list.entries()) {
        assert.equal(time % (length * 1000), 0);
        assert.ok(i === 0 || time === list[i - 1][0] + length * 1000);
        assert.ok(low <= open && low <= close && open <= high && close <= high && volume > 0);
      }
      assert.ok(Date.now() - list.at(-1)[0] < 2 * length * 1000, 'the last one is of now');
    }
    const most = await x.fetchOHLCV('BTC/USD', '5m');
    assert.ok(most.length === 300 || most.length === 301);
    return '1m 5m 1h 1d without holes, 300 at once';
  });
}
