// An agent's conversation of 40 turns and more with moving cache_control, replayed turn by turn: the provider's prompt
// cache must find through Pith what it would find without: the longest common prefix of two consecutive bodies ends at
// the same message, and a text once sent is sent the same for ever, also over kill -9 and over a change of policy.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { newId, startMock, startPith, testData } from './harness.mjs';
import { compareBodies, editableTexts, leaves } from './json_spans.mjs';

const head = readFileSync(join(testData, 'fixtures/agent40-head.json'), 'utf8');
const lines = readFileSync(join(testData, 'fixtures/agent40.jsonl'), 'utf8').trim().split('\n');

/** Request k: the first 2k-1 messages, cache_control on the last block of the last two user messages. */
function turn(k) {
  const messages = lines.slice(0, 2 * k - 1).map((line) => JSON.parse(line));
  const users = messages.filter((m) => m.role === 'user').slice(-2);
  for (const message of users) {
    if (typeof message.content === 'string') message.content = [{ type: 'text', text: message.content }];
    message.content.at(-1).cache_control = { type: 'ephemeral' };
  }
  return Buffer.from(JSON.stringify({ ...JSON.parse(head), messages }));
}
const turns = Math.floor((lines.length + 1) / 2);

/** Index of the message in which the longest common prefix of two bodies ends. */
function prefixMessage(a, b) {
  let at = 0;
  while (at < a.length && a[at] === b[at]) ++at;
  const inside = leaves(a).find((leaf) => leaf.end > at);
  return inside === undefined ? 'end' : inside.path.slice(0, 2).join('/');
}

/**
 * Message and original text -> what went up for it, as raw JSON. A message that loses its cache_control goes from a list
 * of blocks back to a string: the path changes, the text does not.
 */
function sentForms(original, sent) {
  const paths = new Set(editableTexts('anthropic-messages', original).map((leaf) => leaf.path.join('/')));
  const after = leaves(sent);
  return new Map(leaves(original).map((leaf, i) => [leaf, after[i]]).filter(([leaf]) => paths.has(leaf.path.join('/')))
    .map(([leaf, form]) => [`${leaf.path.slice(0, 2).join('/')} ${leaf.value}`, sent.subarray(form.start, form.end).toString('latin1')]));
}

async function replay(mock, pith, change = {}) {
  const conversation = newId('conversation');
  const sent = [], statuses = {};
  for (let k = 1; k <= turns; ++k) {
    if (change[k]) await change[k]();
    const id = newId('t');
    const body = turn(k);
    const reply = await fetch(`${pith.url}/v1/messages`, { method: 'POST', body,
      headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'x-mock-id': id, 'x-api-key': conversation,
        ...change.headers?.(k) } });
    assert.equal(reply.status, 200);
    await reply.arrayBuffer();
    const status = reply.headers.get('x-pith-status');
    statuses[status] = (statuses[status] ?? 0) + 1;
    sent.push((await mock.requests(id))[0].body);
    assert.deepEqual(compareBodies('anthropic-messages', body, sent.at(-1)).mistakes, [], `turn ${k}`);
  }
  console.log(`# ${turns} turns: ${JSON.stringify(statuses)}, last body ${turn(turns).length} -> ${sent.at(-1).length} bytes`);
  assert.ok((statuses.compressed ?? 0) >= 10, 'tool results are compressed as they come');
  assert.ok(sent.at(-1).length < 0.8 * turn(turns).length);
  for (let k = 1; k < turns; ++k) {
    assert.equal(prefixMessage(sent[k - 1], sent[k]), prefixMessage(turn(k), turn(k + 1)), `prefix of turns ${k} and ${k + 1}`);
    const [first, second] = [sentForms(turn(k), sent[k - 1]), sentForms(turn(k + 1), sent[k])];
    for (const [text, raw] of first) assert.equal(second.get(text), raw, `a text of turn ${k} changed in turn ${k + 1}`);
  }
  return sent;
}

describe(`an agent's conversation of ${turns} turns`, () => {
  let mock;
  before(async () => { mock = await startMock(); });
  after(() => mock?.stop());
  const withPith = (name, body, options) => test(name, async () => {
    const pith = await startPith(mock.url, options);
    try {
      await body(pith);
    } finally {
      await pith.stop();
    }
  });

  test('has at least 40', () => assert.ok(turns >= 40));
  withPith('undisturbed', (pith) => replay(mock, pith));
  withPith('over kill -9 in the middle', (pith) => replay(mock, pith, {
    [Math.floor(turns / 2)]: () => pith.restart([], 'SIGKILL'),
    [Math.floor(turns / 2) + 3]: () => pith.restart([], 'SIGKILL'),
  }));
  withPith('over a restart with another champion', async (pith) => {
    await replay(mock, pith, { [Math.floor(turns / 2)]: () => pith.restart(['--policy', 'ngram-en']) });
  }, { args: ['--policy', 'ngram-multi'] });
  withPith('over SIGHUP with another champion and another rate', async (pith) => {
    await replay(mock, pith, {
      [Math.floor(turns / 2)]: () => pith.reload('[compress]\npolicy = "ngram-en"\nrate = 0.4\n'),
    });
  }, { config: '[compress]\npolicy = "ngram-multi"\nrate = 0.5\n' });
  withPith('over a change of x-pith-policy', (pith) => replay(mock, pith, {
    headers: (k) => ({ 'x-pith-policy': k < turns / 2 ? 'ngram-multi' : 'ngram-en' }),
  }));
  withPith('the two policies differ', async (pith) => {
    const bodies = [];
    for (const policy of ['ngram-multi', 'ngram-en']) {
      bodies.push((await replay(mock, pith, { headers: () => ({ 'x-pith-policy': policy }) })).at(-1).toString('latin1'));
    }
    assert.notEqual(bodies[0], bodies[1], 'else the tests above show nothing');
  });
});
