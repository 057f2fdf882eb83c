'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { total } = require('../shop.js');

test('sums all prices', () => {
  assert.strictEqual(total([12.5, 20, 31]), 63.5);
});

test('sums two prices', () => {
  assert.strictEqual(total([40.25, 5]), 45.25);
});

test('sums nothing', () => {
  assert.strictEqual(total([]), 0);
});
