// Fills of every kind: sizes, fees and wallets are what the venue's rules say, to the last of sixteen decimals.
import assert from 'node:assert/strict';
import { step, until } from './checks.mjs';
import { averageOf, buyersFee, dec, partsFee, sellersFee, sizeFor, sum, text, valueOf, valueWithin } from './decimal.mjs';
import { wallets } from './orders.mjs';
import { bestAsk, bestBid, holdPrice, price, rates } from './venue.mjs';

const maker = dec(rates.maker), taker = dec(rates.taker);
const freshBook = () => holdPrice(price); // what earlier orders took is there again

// The fills of an order, exactly; a size in the quote currency is a value. Those of one moment come in no order of their own: by price.
async function fillsOf(x, id) {
  const list = (await x.fetchMyTrades('BTC/USD')).filter((t) => t.order === id);
  return list.sort((a, b) => a.price - b.price).map((t) => {
    assert.equal(t.fee.cost, Number(t.info.commission));
    assert.equal(t.fee.currency, 'USD');
    // ccxt reckons the price of a fill that is sized in dollars from its value and size, in floating point; what the venue wrote is compared below.
    assert.ok(Math.abs(t.price - Number(t.info.price)) <= 1e-14 * t.price, `${t.price} for ${t.info.price}`);
    return { price: dec(t.info.price), size: dec(t.info.size), fee: dec(t.info.commission), inQuote: t.info.size_in_quote, role: t.takerOrMaker };
  });
}
// What the order says of itself, against the sums of its fills.
async function closed(x, id, side, filled, value, fees) {
  const o = await x.fetchOrder(id, 'BTC/USD');
  assert.equal(o.status, 'closed');
  assert.equal(o.info.filled_size, text(filled));
  assert.equal(o.info.filled_value, text(value));
  assert.equal(o.info.total_fees, text(fees));
  assert.equal(o.info.total_value_after_fees, text(side === 'buy' ? value + fees : value - fees));
  assert.equal(o.info.average_filled_price, text(averageOf(value, filled)));
  assert.deepEqual([o.side, o.filled, o.fee.cost, o.fee.currency], [side, Number(text(filled)), text(fees), 'USD']);
  assert.ok((await x.fetchClosedOrders('BTC/USD')).some((c) => c.id === id));
  return o;
}
async function moved(x, before, btc, usd) {
  const after = await wallets(x);
  assert.deepEqual([text(after.BTC.free - before.BTC.free), text(after.USD.free - before.USD.free)], [text(btc), text(usd)]);
  assert.deepEqual([after.BTC.hold, after.USD.hold], [0n, 0n]);
}

export async function moneySteps(x) {
  const all = [];
  const done = (fills, value) => all.push(...fills.map((f) => ({ fee: f.fee, value: value(f) })));
  const worth = (f) => valueOf(f.size, f.price);

  await step('market buy for 1000 dollars, in one fill', async () => {
    await freshBook();
    const before = await wallets(x), { id } = await x.createMarketBuyOrderWithCost('BTC/USD', 1000);
    const value = valueWithin(dec('1000'), taker), size = sizeFor(value, dec(bestAsk)), fee = dec('1000') - value;
    const fills = await fillsOf(x, id);
    assert.deepEqual(fills, [{ price: dec(bestAsk), size: value, fee, inQuote: true, role: 'taker' }]);
    const o = await closed(x, id, 'buy', size, value, fee);
    assert.equal(o.type, 'market');
    await moved(x, before, size, -dec('1000'));
    done(fills, (f) => f.size);
    return `${text(size)} BTC, fee ${text(fee)}`;
  });
  await step('market buy for 90000 dollars, through levels', async () => {
    await freshBook();
    const before = await wallets(x), { id } = await x.createOrder('BTC/USD', 'market', 'buy', 1.8, Number(price));
    const fills = await fillsOf(x, id), values = fills.map((f) => f.size), fees = fills.map((f) => f.fee);
    assert.ok(fills.length >= 2);
    for (const [i, f] of fills.entries()) {
      assert.equal(text(f.price), text(dec(bestAsk) + BigInt(i) * dec('10')));
      assert.ok(f.inQuote && f.role === 'taker');
      if (i + 1 < fills.length) assert.equal(text(f.fee), text(partsFee(f.size, taker)));
    }
    const value = valueWithin(dec('90000'), taker);
    assert.equal(sum(values), value);
    assert.equal(text(sum(values) + sum(fees)), '90000');
    // A level that is sold whole has a size of eight decimals; only what the last one sells has more.
    const sizes = fills.map((f) => sizeFor(f.size, f.price));
    for (const [i, f] of fills.slice(0, -1).entries()) assert.deepEqual([sizes[i] % 10n ** 10n, valueOf(sizes[i], f.price)], [0n, f.size]);
    await closed(x, id, 'buy', sum(sizes), value, sum(fees));
    await moved(x, before, sum(sizes), -dec('90000'));
    done(fills, (f) => f.size);
    return `${fills.length} fills, ${text(sum(sizes))} BTC`;
  });
  await step('limit IOC buy of 2, through levels', async () => {
    await freshBook();
    const before = await wallets(x), { id } = await x.createOrder('BTC/USD', 'limit', 'buy', 2, 50100, { timeInForce: 'IOC' });
    const fills = await fillsOf(x, id), fees = sum(fills.map((f) => f.fee)), value = sum(fills.map(worth));
    assert.ok(fills.length >= 2);
    for (const [i, f] of fills.entries()) {
      assert.equal(text(f.price), text(dec(bestAsk) + BigInt(i) * dec('10')));
      assert.equal(text(f.fee), text(buyersFee(f.size, f.price, taker)));
      assert.ok(!f.inQuote && f.role === 'taker');
    }
    const o = await closed(x, id, 'buy', dec('2'), value, fees);
    assert.deepEqual([o.type, o.timeInForce, o.remaining], ['limit', 'IOC', 0]);
    await moved(x, before, dec('2'), -(value + fees));
    done(fills, worth);
    return `${fills.length} fills, fees ${text(fees)}`;
  });
  await step('market sell of 0.12345678', async () => {
    await freshBook();
    const before = await wallets(x), { id } = await x.createOrder('BTC/USD', 'market', 'sell', 0.12345678);
    const size = dec('0.12345678'), value = valueOf(size, dec(bestBid)), fee = sellersFee(value, taker);
    const fills = await fillsOf(x, id);
    assert.deepEqual(fills, [{ price: dec(bestBid), size, fee, inQuote: false, role: 'taker' }]);
    await closed(x, id, 'sell', size, value, fee);
    await moved(x, before, -size, value - fee);
    done(fills, worth);
    return `fee ${text(fee)}`;
  });
  await step('a resting buy is filled when the market comes to it, at its price and the maker\'s rate', async () => {
    const before = await wallets(x), { id } = await x.createOrder('BTC/USD', 'limit', 'buy', 0.1, 49000, { timeInForce: 'PO' });
    await holdPrice('48000');
    await until(() => x.fetchOrder(id), (o) => o.status === 'closed');
    await holdPrice(price);
    const size = dec('0.1'), limit = dec('49000'), value = valueOf(size, limit), fee = buyersFee(size, limit, maker);
    const fills = await fillsOf(x, id);
    assert.deepEqual(fills, [{ price: limit, size, fee, inQuote: false, role: 'maker' }]);
    await closed(x, id, 'buy', size, value, fee);
    await moved(x, before, size, -(value + fee));
    done(fills, worth);
    return `fee ${text(fee)}`;
  });
  await step('my trades and the fee summary are all of it', async () => {
    const trades = await x.fetchMyTrades();
    assert.equal(trades.length, all.length);
    assert.deepEqual(trades.map((t) => text(dec(t.info.commission))).sort(), all.map((f) => text(f.fee)).sort());
    assert.equal(new Set(trades.map((t) => t.info.entry_id)).size, all.length);
    const last = trades.at(-1);
    assert.deepEqual((await x.fetchMyTrades('BTC/USD', last.timestamp)).map((t) => t.id), [last.id]);
    const fees = await x.fetchTradingFees(), said = fees['BTC/USD'];
    assert.deepEqual([said.maker, said.taker], [Number(rates.maker), Number(rates.taker)]);
    assert.equal(said.info.total_fees, Number(text(sum(all.map((f) => f.fee)))));
    assert.equal(said.info.total_volume, Number(text(sum(all.map((f) => f.value)))));
    return `${trades.length} trades, fees of ${text(sum(all.map((f) => f.fee)))} in all`;
  });
}
