// The life of resting orders, and what is set aside for them to the last decimal.
import assert from 'node:assert/strict';
import ccxt from 'ccxt';
import { refused, step } from './checks.mjs';
import { dec, needOf, text } from './decimal.mjs';
import { rates } from './venue.mjs';

const taker = dec(rates.taker);

// {USD: {free, hold}, ...} exactly, from the texts that ccxt hands on.
export async function wallets(x) {
  const balance = await x.fetchBalance({ v3: true }), out = {};
  for (const a of balance.info.accounts) {
    out[a.currency] = { free: dec(a.available_balance.value), hold: dec(a.hold.value) };
    assert.equal(balance[a.currency].free, Number(a.available_balance.value));
    assert.equal(balance[a.currency].used, Number(a.hold.value));
  }
  return out;
}
const openIds = async (x) => (await x.fetchOpenOrders('BTC/USD')).map((o) => o.id);

export async function orderSteps(x) {
  await step('balance', async () => {
    const w = await wallets(x), old = await x.fetchBalance();
    assert.deepEqual([text(w.USD.free), text(w.BTC.free)], ['1000000', '5']);
    assert.deepEqual([old.USD.total, old.BTC.total], [1000000, 5]);
    return 'USD 1000000, BTC 5, the same by v2 and v3';
  });
  await step('post-only: create, fetch, open list, edit, cancel, closed list', async () => {
    const before = await wallets(x);
    const made = await x.createOrder('BTC/USD', 'limit', 'buy', 0.01, 45000.129, { postOnly: true });
    assert.match(made.id, /^[0-9a-f-]{36}$/);
    assert.match(made.clientOrderId, /^ccxt-/);
    const held = async (size, limit) => {
      const w = await wallets(x);
      assert.equal(text(w.USD.hold), text(needOf(dec(size), dec(limit), taker)));
      assert.equal(w.USD.free + w.USD.hold, before.USD.free);
      return text(w.USD.hold);
    };
    const seen = async (amount, limit, status) => {
      const o = await x.fetchOrder(made.id, 'BTC/USD');
      assert.deepEqual([o.id, o.clientOrderId, o.symbol, o.type, o.side, o.timeInForce, o.postOnly, o.status],
        [made.id, made.clientOrderId, 'BTC/USD', 'limit', 'buy', 'GTC', true, status]);
      assert.deepEqual([o.price, o.amount, o.filled, o.remaining, o.cost, o.fee.cost, o.fee.currency], [limit, amount, 0, amount, 0, '0', 'USD']);
      assert.ok(Math.abs(o.timestamp - Date.now()) < 10000);
    };
    await seen(0.01, 45000.13, 'open');
    assert.deepEqual(await openIds(x), [made.id]);
    const first = await held('0.01', '45000.13');
    await x.editOrder(made.id, 'BTC/USD', 'limit', 'buy', 0.02, 44000);
    await seen(0.02, 44000, 'open');
    const second = await held('0.02', '44000');
    const gone = await x.cancelOrder(made.id, 'BTC/USD');
    assert.equal(gone.id, made.id);
    await seen(0.02, 44000, 'canceled');
    assert.deepEqual(await openIds(x), []);
    assert.equal((await x.fetchCanceledOrders('BTC/USD'))[0].id, made.id);
    assert.deepEqual(await x.fetchClosedOrders('BTC/USD'), []);
    assert.deepEqual(await wallets(x), before);
    await refused(ccxt.BadRequest, /cancelOrders\(\) has failed/, () => x.cancelOrder(made.id, 'BTC/USD'));
    return `held ${first}, then ${second}, then nothing`;
  });
  await step('a client_order_id again is the order that it was', async () => {
    const place = (amount) => x.createOrder('BTC/USD', 'limit', 'buy', amount, 45000, { client_order_id: 'once' });
    const one = await place(0.01), two = await place(0.01);
    assert.equal(two.id, one.id);
    assert.deepEqual(await openIds(x), [one.id]);
    await x.cancelOrder(one.id);
  });
  await step('GTD, stop-limit and ETH-USD beside each other, cancelled at once', async () => {
    const before = await wallets(x);
    const end = new Date(Math.floor(Date.now() / 1000) * 1000 + 3600_000).toISOString();
    const dated = await x.createOrder('BTC/USD', 'limit', 'buy', 0.01, 45000, { timeInForce: 'GTD', end_time: end });
    const stop = await x.createOrder('BTC/USD', 'limit', 'sell', 0.5, 44900, { stopLossPrice: 45000 });
    const other = await x.createOrder('ETH/USD', 'limit', 'buy', 1, 1000);
    assert.equal((await x.fetchOrder(dated.id)).timeInForce, 'GTD');
    const s = await x.fetchOrder(stop.id);
    assert.deepEqual([s.triggerPrice, s.price, s.amount, s.status], [45000, 44900, 0.5, 'open']);
    const w = await wallets(x);
    assert.equal(text(w.BTC.hold), '0.5');
    assert.equal(w.USD.hold, needOf(dec('0.01'), dec('45000'), taker) + needOf(dec('1'), dec('1000'), taker));
    assert.deepEqual(new Set(await openIds(x)), new Set([dated.id, stop.id]));
    assert.equal((await x.fetchOpenOrders()).length, 3);
    assert.equal((await x.cancelOrders([dated.id, stop.id, other.id])).length, 3);
    assert.deepEqual(await x.fetchOpenOrders(), []);
    assert.deepEqual(await wallets(x), before);
  });
  await step('twenty in a row, at the pace that ccxt keeps of itself', async () => {
    const ids = [];
    for (let i = 0; i < 20; i += 1) ids.push((await x.createOrder('BTC/USD', 'limit', 'buy', 0.01, 40000 + i, { postOnly: true })).id);
    assert.deepEqual(new Set(await openIds(x)), new Set(ids));
    assert.equal((await x.cancelOrders(ids)).length, 20);
    assert.deepEqual(await openIds(x), []);
  });
  await step('what is refused, by the classes of ccxt', async () => {
    const before = await wallets(x);
    const buy = (amount, limit, more) => () => x.createOrder('BTC/USD', 'limit', 'buy', amount, limit, more);
    const said = [
      await refused(ccxt.InsufficientFunds, /PREVIEW_INSUFFICIENT_FUND/, buy(100, 45000)),
      await refused(ccxt.ExchangeError, /INVALID_LIMIT_PRICE_POST_ONLY/, buy(0.01, 60000, { postOnly: true })),
      await refused(ccxt.ExchangeError, /PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL/, buy(0.00001, 45000)),
      await refused(ccxt.InvalidOrder, /PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE/,
        () => x.createOrder('BTC/USD', 'limit', 'sell', 0.01, 59000, { stopLossPrice: 60000 })),
      await refused(ccxt.ExchangeError, /order with this orderID was not found/, () => x.fetchOrder('00000000-0000-0000-0000-000000000000')),
    ];
    assert.deepEqual(await wallets(x), before);
    return said.join(', ');
  });
}
