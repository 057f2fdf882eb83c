'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { inOrder } = require('../numbers.js');

test('counts', () => {
  assert.deepStrictEqual(inOrder([10, 9, 1]), [1, 9, 10]);
});

test('leaves what it is given', () => {
  const given = [2, 1];
  inOrder(given);
  assert.deepStrictEqual(given, [2, 1]);
});
