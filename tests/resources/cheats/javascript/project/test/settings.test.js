'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { settings } = require('../settings.js');

test('tells of a broken text', () => {
  assert.throws(() => settings('{'), SyntaxError);
});

test('reads', () => {
  assert.deepStrictEqual(settings('{"colour": "blue"}'), { colour: 'blue' });
});
