// One line for each step of the transcript; a step that fails or hangs does not keep the others from running.
import assert from 'node:assert/strict';

let failed = 0;
let leg = '';

export function begin(name) { leg = name; }
export async function step(name, what, seconds = 20) {
  let timer;
  const late = new Promise((_, no) => { timer = setTimeout(() => no(new Error(`nothing came for ${seconds} s`)), seconds * 1000); });
  try {
    const said = await Promise.race([what(), late]);
    console.log(`ok   ${leg}: ${name}${said === undefined ? '' : ': ' + said}`);
  } catch (e) {
    failed += 1;
    console.log(`FAIL ${leg}: ${name}: ${e.stack ?? e}`);
  } finally {
    clearTimeout(timer);
  }
}
export const allWell = () => failed === 0;

// The error that a call ends with: of exactly this class, and with the words.
export async function refused(kind, words, call) {
  let answer;
  try {
    answer = await call();
  } catch (e) {
    assert.equal(e.constructor.name, kind.name, String(e.message));
    assert.match(e.message, words);
    return e.constructor.name;
  }
  assert.fail(`${kind.name} was expected, but it was answered: ${JSON.stringify(answer).slice(0, 300)}`);
}
// What `watch` tells, until it is what is waited for.
export async function until(watch, wanted) {
  for (;;) {
    const told = await watch();
    if (wanted(told)) return told;
  }
}
export const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
