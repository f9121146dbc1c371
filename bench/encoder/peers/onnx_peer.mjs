// onnxruntime, one thread. Reads commands from stdin, a JSON object a line, and answers each with one, as torch_peer.py:
//   {"shape": "small", "layers": 6, "hidden": 384, "heads": 12, "ffn": 1536}   builds the models
//   {"peer": "ort_fused", "passes": 3, "length": 512}                          times that many passes
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { performance } from 'node:perf_hooks';

import { bert_model } from './onnx_model.mjs';

// The folder with node_modules is given, as packages are not installed into the source tree.
const ort = createRequire(process.argv[2] + '/')('onnxruntime-node');

const options = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
};
let sessions = {};

async function build(shape) {
  for (const session of Object.values(sessions)) await session.release();
  sessions = {};
  for (const form of ['plain', 'fused', 'int8']) {
    sessions[`ort_${form}`] = await ort.InferenceSession.create(bert_model(form, shape), options);
  }
  return { shape: shape.shape, peers: Object.keys(sessions) };
}

async function measure({ peer, passes, length = 512 }) {
  const ids = BigInt64Array.from({ length }, (_, i) => BigInt(5 + ((i * 7919) % 7990)));
  const feeds = {
    ids: new ort.Tensor('int64', ids, [1, length]),
    mask: new ort.Tensor('int64', new BigInt64Array(length).fill(1n), [1, length]),
  };
  const begin = process.cpuUsage(), wall = performance.now();
  for (let i = 0; i < passes; ++i) await sessions[peer].run(feeds);
  const used = process.cpuUsage(begin);
  return {
    peer, tokens: length * passes, cpu_s: (used.user + used.system) / 1e6, wall_s: (performance.now() - wall) / 1e3,
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  const answer = command.layers ? await build(command) : await measure(command);
  process.stdout.write(JSON.stringify(answer) + '\n');
}
