// The venue that the test has started, and ccxt as anybody would point it there: other addresses and a key, nothing else.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import ccxt from 'ccxt';

const [port, control, folder] = process.argv.slice(2);
const rest = `https://localhost:${port}`, ws = `wss://localhost:${port}`;

// As a key file of Coinbase has it: {"name", "privateKey"}.
export const key = (name) => JSON.parse(fs.readFileSync(`${folder}/${name}.json`, 'utf8'));
export function connect(credentials, more = {}) {
  return new ccxt.pro.coinbase({ apiKey: credentials.name, secret: credentials.privateKey, urls: { api: { rest, ws } }, ...more });
}
// The same venue's markets need not be asked for again.
export function connectLike(other, credentials, more = {}) {
  const one = connect(credentials, more);
  one.setMarketsFromExchange(other);
  return one;
}
export async function tell(path, what) { // the control port
  const reply = await fetch(`http://127.0.0.1:${control}${path}`, { method: 'POST', body: JSON.stringify(what) });
  assert.equal(reply.status, 200, await reply.text());
}
export const holdPrice = (price) => tell('/market/BTC-USD', { price });
// As `run.sh` has configured them.
export const rates = { maker: '0.004', taker: '0.006' };
// Prices of a book around 50000: 100 millionths away on each side, and steps of 200.
export const price = '50000', bestBid = '49995', bestAsk = '50005', step = '10';
