// node ask.js page.html batch: what the page's own JavaScript makes of a batch of float32, as float32.
// node ask.js page.html picture times: the nanoseconds that each of at most 200 calls takes, as JSON.
"use strict";
const fs = require("fs");
const page = fs.readFileSync(process.argv[2], "utf8");
const found = { exports: {} };
new Function("module", page.match(/\/\/ What computes the network[\s\S]*?(?=\n<\/script>)/)[0])(found);
const about = JSON.parse(page.match(/const NETWORK = (.*);\n/)[1]);
const floats = (bytes) => new Float32Array(Uint8Array.from(bytes).buffer);
const weights = floats(Buffer.from(page.match(/atob\("([^"]*)"\)/)[1], "base64"));
const batch = floats(fs.readFileSync(process.argv[3]));
const one = (k) => found.exports.run(about, weights, { shape: about.size, data: batch.subarray(k, k + each) }).data;
const each = about.size.reduce((product, side) => product * side, 1), outputs = [];
if (process.argv[4] === "times") {
  const took = [], end = Date.now() + 1000;
  for (let k = 0; k < 5; k++) one(0);
  while (took.length < 20 || (took.length < 200 && Date.now() < end)) {
    const begun = process.hrtime.bigint();
    one(0);
    took.push(Number(process.hrtime.bigint() - begun));
  }
  process.stdout.write(JSON.stringify(took));
} else {
  for (let k = 0; k < batch.length; k += each) outputs.push(...one(k));
  process.stdout.write(new Uint8Array(new Float32Array(outputs).buffer));
}
