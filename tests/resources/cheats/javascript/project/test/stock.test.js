'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { stock } = require('../stock.js');

test('waits for every shelf', async () => {
  assert.strictEqual(await stock(['apples', 'pears'], { apples: 30, pears: 12 }), 42);
});

test('of nothing', async () => {
  assert.strictEqual(await stock([], {}), 0);
});
