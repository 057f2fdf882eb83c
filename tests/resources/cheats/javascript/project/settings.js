'use strict';

/** Settings from text; whoever writes no JSON is told so. */
function settings(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

module.exports = { settings };
