// For mocha: lets tests that are written for jest run, `test`, `test.each` and `expect` are jest's own. Mutation tests use it: mocha
// loads the files once and asks the same process again for every mutant, where jest would load them anew.
const { readFileSync } = require("node:fs");
const { Module } = require("node:module");
const { expect } = require("expect");
const fc = require("fast-check");
const { bind } = require("jest-each");
const { interfaces } = require("mocha");
const { process: transform } = require("./esbuild-transform.cjs");

require("./environment.cjs");

// What a few tests draw is the same every time: a mutant that one run kills, every run kills.
fc.configureGlobal({ seed: 1 });

Module._extensions[".ts"] = (module, path) => module._compile(transform(readFileSync(path, "utf8"), path).code, path);

const { bdd } = interfaces;
interfaces.bdd = (suite) => {
  bdd(suite);
  suite.on("pre-require", (context) => {
    Object.assign(context, { expect, test: context.it });
    Object.assign(context.test, { each: bind(context.it) });
    Object.assign(context.describe, { each: bind(context.describe) });
  });
};
