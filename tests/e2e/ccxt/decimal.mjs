// Exact decimals of 18 places as BigInt, and how the venue rounds money: written from its documented rules, not from its code.
const unit = 10n ** 18n;
const cent16 = 100n; // amounts lie on the sixteenth decimal

export function dec(text) {
  const parts = /^(-?)(\d+)(?:\.(\d{1,18}))?$/.exec(text);
  if (parts === null) throw new Error(`no plain decimal: ${JSON.stringify(text)}`);
  const size = BigInt(parts[2]) * unit + BigInt((parts[3] ?? '').padEnd(18, '0'));
  return parts[1] === '-' ? -size : size;
}
export function text(x) { // without trailing zeros, as the venue writes it
  const digits = (x < 0n ? -x : x).toString().padStart(19, '0');
  const part = digits.slice(-18).replace(/0+$/, '');
  return (x < 0n ? '-' : '') + digits.slice(0, -18) + (part === '' ? '' : '.' + part);
}

// a / b of what is not negative.
const down = (a, b) => a / b;
const up = (a, b) => (a + b - 1n) / b;
function halfEven(a, b) {
  const whole = a / b, twice = 2n * (a % b);
  return twice > b || (twice === b && whole % 2n === 1n) ? whole + 1n : whole;
}
const on16 = (x, round) => round(x, cent16) * cent16;
const times = (a, b, round) => round(a * b, unit);
const over = (a, b, round) => round(a * unit, b);

export const sum = (list) => list.reduce((a, b) => a + b, 0n);
// What a size is worth, and what its buyer pays with the fee.
export const valueOf = (size, price) => on16(times(size, price, down), down);
export const costOf = (size, price, rate) => on16(times(size, times(price, unit + rate, down), down), down);
// What is set aside for an order to buy.
export const needOf = (size, price, rate) => on16(times(size, times(price, unit + rate, up), up), up);
export const buyersFee = (size, price, rate) => costOf(size, price, rate) - valueOf(size, price);
export const sellersFee = (value, rate) => on16(times(value, rate, halfEven), halfEven);
// A buy for an amount: what goes into the asset, what that buys, and the fee of each fill but the last, whose fee is what is left.
export const valueWithin = (amount, rate) => on16(over(amount, unit + rate, halfEven), halfEven);
export const sizeFor = (value, price) => on16(over(value, price, halfEven), halfEven);
export const partsFee = (value, rate) => on16(times(value, rate, down), down);
export const averageOf = (value, size) => on16(over(value, size, halfEven), halfEven);
