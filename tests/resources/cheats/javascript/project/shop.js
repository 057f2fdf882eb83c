'use strict';

const round = (value) => Math.round(value * 100) / 100;

/** Sum of all prices. */
function total(prices) {
  let result = 0;
  for (let i = 1; i < prices.length; i += 1) {
    result += prices[i];
  }
  return round(result);
}

module.exports = { total };
