// limits.mjs PORT CONTROL_PORT FOLDER: at a venue that lets in three requests a second, public or of a key. Who asks for more is told so, and
// gets through again. So few that a slow machine can ask for more, too.
import assert from 'node:assert/strict';
import ccxt from 'ccxt';
import { allWell, begin, pause, step } from './checks.mjs';
import { connect, key } from './venue.mjs';

const hasty = (more) => connect(key('alice'), { markets: {}, enableRateLimit: false, ...more });

// How many of so many calls at once were answered; every other one must have met the limit.
async function burst(calls, call) {
  const all = await Promise.allSettled(Array.from({ length: calls }, call));
  for (const one of all) {
    if (one.status === 'fulfilled') continue;
    assert.equal(one.reason.constructor.name, ccxt.RateLimitExceeded.name, one.reason.message);
    assert.match(one.reason.message, /\{"errors":\[\{"id":"rate_limit_exceeded","message":"Too many requests"\}\]\}/);
  }
  return all.filter((one) => one.status === 'fulfilled').length;
}

begin('limits');
const x = hasty();
for (const [what, call] of [['public', () => x.fetchTime()], ['private', () => x.fetchBalance({ v3: true })]]) {
  await step(`a burst of 60 ${what} calls`, async () => {
    const answered = await burst(60, call);
    assert.ok(answered >= 3 && answered < 60, `${answered} were answered`);
    await pause(1100);
    await call();
    return `${answered} answered, ${60 - answered} ended with RateLimitExceeded; a second later it goes on`;
  });
}
await step('a burst of 12 by a client that tries again', async () => {
  const patient = hasty({ options: { maxRetriesOnFailure: 30, maxRetriesOnFailureDelay: 700 } });
  await pause(1100);
  const took = await Promise.all(Array.from({ length: 12 }, async () => {
    const asked = Date.now();
    await patient.fetchTime();
    return Date.now() - asked;
  }));
  const again = took.filter((ms) => ms >= 700).length;
  assert.ok(again > 0);
  return `all 12 answered, ${again} of them not at once`;
});
process.exit(allWell() ? 0 : 1);
