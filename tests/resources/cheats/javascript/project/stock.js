'use strict';

const read = async (name, shelves) => shelves[name];

/** How many things of all names lie on the shelves. */
async function stock(names, shelves) {
  let found = 0;
  for (const name of names) {
    found += read(name, shelves);
  }
  return found;
}

module.exports = { stock };
