'use strict';

/** From the smallest to the largest. */
function inOrder(numbers) {
  return [...numbers].sort();
}

module.exports = { inOrder };
