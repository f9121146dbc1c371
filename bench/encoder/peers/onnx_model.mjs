// A BERT encoder with random weights as an ONNX file in memory, in the three forms that users of onnxruntime run:
//   plain  the operators an export gives (the session's own optimiser fuses what it can)
//   fused  com.microsoft Attention, BiasGelu, SkipLayerNormalization, as its transformer optimiser gives
//   int8   QAttention and DynamicQuantizeMatMul, weights per channel, as its dynamic quantizer gives after that
// The wire format of protocol buffers is written here by hand: three kinds of field are all it takes.

const kFloat = 1, kUint8 = 2, kInt8 = 3, kInt32 = 6, kInt64 = 7;

/** A message: an array of byte pieces, joined once at the end, so that weights are copied once. */
class Message {
  pieces = [];
  bytes = 0;

  raw(piece) {
    this.pieces.push(piece);
    this.bytes += piece.length;
    return this;
  }
  varint(value) {
    const out = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
    out.push(Number(rest));
    return this.raw(Buffer.from(out));
  }
  int(field, value) {
    return this.varint(field << 3).varint(value);
  }
  float(field, value) {
    const four = Buffer.alloc(4);
    four.writeFloatLE(value);
    return this.varint((field << 3) | 5).raw(four);
  }
  /** A string, bytes or a message. */
  put(field, value) {
    this.varint((field << 3) | 2);
    if (value instanceof Message) {
      this.varint(value.bytes);
      this.pieces = this.pieces.concat(value.pieces);
      this.bytes += value.bytes;
      return this;
    }
    const piece = typeof value === 'string' ? Buffer.from(value) : value;
    return this.varint(piece.length).raw(piece);
  }
  join() {
    return Buffer.concat(this.pieces, this.bytes);
  }
}

/** Normal numbers from a block that is drawn once and read from changing places: a second for 300 million. */
const kBlock = 1 << 20;
const block = new Float32Array(kBlock + (1 << 13));
let state = 12345;
function uniform() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state + 1) / 4294967297;
}
for (let i = 0; i < block.length; ++i) {
  block[i] = 0.02 * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
function normal(count) {
  const out = new Float32Array(count);
  for (let done = 0; done < count; done += kBlock) {
    const from = Math.floor(uniform() * (1 << 13));
    out.set(block.subarray(from, from + Math.min(kBlock, count - done)), done);
  }
  return out;
}

class Graph {
  message = new Message();
  names = 0;

  tensor(type, dims, data) {
    const name = `t${this.names++}`;
    const tensor = new Message();
    for (const dim of dims) tensor.int(1, dim);
    tensor.int(2, type).put(8, name).put(9, Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    this.message.put(5, tensor);
    return name;
  }
  floats(dims, data) {
    return this.tensor(kFloat, dims, data ?? normal(dims.reduce((a, b) => a * b, 1)));
  }
  scalar(value) {
    return this.floats([], Float32Array.of(value));
  }
  int64s(values) {
    return this.tensor(kInt64, [values.length], BigInt64Array.from(values.map(BigInt)));
  }
  /** A weight matrix in int8 with a scale per column. */
  int8s(rows, columns) {
    const data = new Int8Array(rows * columns);
    const from = normal(rows * columns);
    for (let i = 0; i < data.length; ++i) data[i] = Math.max(-127, Math.min(127, Math.round(from[i] / 0.001)));
    return {
      weight: this.tensor(kInt8, [rows, columns], data),
      scale: this.floats([columns], new Float32Array(columns).fill(0.001)),
      zero: this.tensor(kInt8, [columns], new Int8Array(columns)),
    };
  }
  node(op, inputs, attributes = {}, { domain = '', outputs = 1 } = {}) {
    const node = new Message();
    for (const input of inputs) node.put(1, input);
    const names = Array.from({ length: outputs }, () => `v${this.names++}`);
    for (const name of names) node.put(2, name);
    node.put(3, names[0] + '_node').put(4, op);
    for (const [name, value] of Object.entries(attributes)) {
      const attribute = new Message().put(1, name);
      if (Array.isArray(value)) {
        for (const each of value) attribute.int(8, each);
        attribute.int(20, 7);
      } else if (value.float !== undefined) {
        attribute.float(2, value.float).int(20, 1);
      } else {
        attribute.int(3, value).int(20, 2);
      }
      node.put(5, attribute);
    }
    if (domain) node.put(7, domain);
    this.message.put(1, node);
    return outputs === 1 ? names[0] : names;
  }
  port(field, name, type, dims) {
    const shape = new Message();
    for (const dim of dims) {
      shape.put(1, typeof dim === 'number' ? new Message().int(1, dim) : new Message().put(2, dim));
    }
    this.message.put(field, new Message().put(1, name).put(
      2, new Message().put(1, new Message().int(1, type).put(2, shape))));
  }
}

const kMicrosoft = { domain: 'com.microsoft' };

function layer_norm(g, x, hidden) {
  const gamma = g.floats([hidden], new Float32Array(hidden).fill(1));
  return g.node('LayerNormalization', [x, gamma, g.floats([hidden], new Float32Array(hidden))],
                { axis: -1, epsilon: { float: 1e-12 } });
}

function linear(g, x, rows, columns) {
  return g.node('Add', [g.node('MatMul', [x, g.floats([rows, columns])]), g.floats([columns])]);
}

function plain_layer(g, x, mask, { hidden, heads, ffn }) {
  const split = g.int64s([0, 0, heads, hidden / heads]);
  const heads_of = (perm) =>
    g.node('Transpose', [g.node('Reshape', [linear(g, x, hidden, hidden), split])], { perm });
  const query = heads_of([0, 2, 1, 3]), key = heads_of([0, 2, 3, 1]), value = heads_of([0, 2, 1, 3]);
  const scores = g.node('Div', [g.node('MatMul', [query, key]), g.scalar(Math.sqrt(hidden / heads))]);
  const probabilities = g.node('Softmax', [g.node('Add', [scores, mask])], { axis: -1 });
  const context = g.node('Transpose', [g.node('MatMul', [probabilities, value])], { perm: [0, 2, 1, 3] });
  const joined = g.node('Reshape', [context, g.int64s([0, 0, hidden])]);
  x = layer_norm(g, g.node('Add', [linear(g, joined, hidden, hidden), x]), hidden);
  const up = linear(g, x, hidden, ffn);
  const erf = g.node('Erf', [g.node('Div', [up, g.scalar(Math.SQRT2)])]);
  const gelu = g.node('Mul', [g.node('Mul', [up, g.node('Add', [erf, g.scalar(1)])]), g.scalar(0.5)]);
  return layer_norm(g, g.node('Add', [linear(g, gelu, ffn, hidden), x]), hidden);
}

function skip_layer_norm(g, x, skip, hidden, bias) {
  const gamma = g.floats([hidden], new Float32Array(hidden).fill(1));
  const inputs = [x, skip, gamma, g.floats([hidden], new Float32Array(hidden))];
  if (bias) inputs.push(g.floats([hidden]));
  return g.node('SkipLayerNormalization', inputs, { epsilon: { float: 1e-12 } }, kMicrosoft);
}

function fused_layer(g, x, mask, { hidden, heads, ffn }) {
  const context = g.node('Attention', [x, g.floats([hidden, 3 * hidden]), g.floats([3 * hidden]), mask],
                         { num_heads: heads }, kMicrosoft);
  x = skip_layer_norm(g, g.node('MatMul', [context, g.floats([hidden, hidden])]), x, hidden, true);
  const up = g.node('BiasGelu', [g.node('MatMul', [x, g.floats([hidden, ffn])]), g.floats([ffn])], {}, kMicrosoft);
  return skip_layer_norm(g, g.node('MatMul', [up, g.floats([ffn, hidden])]), x, hidden, true);
}

function int8_linear(g, x, rows, columns, with_bias) {
  const { weight, scale, zero } = g.int8s(rows, columns);
  const inputs = [x, weight, scale, zero];
  if (with_bias) inputs.push(g.floats([columns]));
  return g.node('DynamicQuantizeMatMul', inputs, {}, kMicrosoft);
}

function int8_layer(g, x, mask, { hidden, heads, ffn }) {
  const { weight, scale, zero } = g.int8s(hidden, 3 * hidden);
  const [x8, x_scale, x_zero] = g.node('DynamicQuantizeLinear', [x], {}, { outputs: 3 });
  const context = g.node('QAttention', [x8, weight, g.floats([3 * hidden]), x_scale, scale, mask, x_zero, zero],
                         { num_heads: heads }, kMicrosoft);
  x = skip_layer_norm(g, int8_linear(g, context, hidden, hidden), x, hidden, true);
  const up = g.node('BiasGelu', [int8_linear(g, x, hidden, ffn), g.floats([ffn])], {}, kMicrosoft);
  return skip_layer_norm(g, int8_linear(g, up, ffn, hidden), x, hidden, true);
}

/** The bytes of the model. Inputs ids, mask: int64 [batch, length]; output logits: float [batch, length, 2]. */
export function bert_model(form, shape, vocab = 8000) {
  const g = new Graph();
  const { hidden, layers } = shape;
  for (const name of ['ids', 'mask']) g.port(11, name, kInt64, ['batch', 'length']);
  g.port(12, 'logits', kFloat, ['batch', 'length', 2]);
  const words = g.node('Gather', [g.floats([vocab, hidden]), 'ids']);
  const length = g.node('Gather', [g.node('Shape', ['ids']), g.tensor(kInt64, [], BigInt64Array.of(1n))]);
  const zero = g.tensor(kInt64, [], BigInt64Array.of(0n)), one = g.tensor(kInt64, [], BigInt64Array.of(1n));
  const positions = g.node('Gather', [g.floats([512, hidden]), g.node('Range', [zero, length, one])]);
  let x = g.node('Add', [g.node('Add', [words, positions]), g.floats([1, hidden])]);
  x = layer_norm(g, x, hidden);
  let mask;
  if (form === 'plain') {
    const wide = g.node('Cast', [g.node('Unsqueeze', ['mask', g.int64s([1, 2])])], { to: kFloat });
    mask = g.node('Mul', [g.node('Sub', [g.scalar(1), wide]), g.scalar(-3.4028235e38)]);
  } else {
    mask = g.node('Cast', ['mask'], { to: kInt32 });
  }
  const layer = { plain: plain_layer, fused: fused_layer, int8: int8_layer }[form];
  for (let i = 0; i < layers; ++i) x = layer(g, x, mask, shape);
  const logits = g.node('MatMul', [x, g.floats([hidden, 2])]);
  const out = new Message().put(1, logits).put(1, g.floats([2])).put(2, 'logits').put(4, 'Add');
  g.message.put(1, out).put(2, 'bert');
  const model = new Message().int(1, 8).put(2, 'pith-bench').put(7, g.message);
  model.put(8, new Message().put(1, '').int(2, 17)).put(8, new Message().put(1, 'com.microsoft').int(2, 1));
  return model.join();
}
