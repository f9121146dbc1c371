// The named fixtures of each API: at least a quarter fewer tokens, every other byte untouched, and the client sees the
// same. Counted twice: by Pith's headers and by js-tiktoken over the bodies that the upstream recorded.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { getEncoding } from 'js-tiktoken';
import { apis, collect, newId, startMock, startPith, testData } from './harness.mjs';
import { compareBodies, editableTexts } from './json_spans.mjs';

const folder = join(testData, 'fixtures');
const encoding = getEncoding('o200k_base');
/** Tokens of the texts that may change: what x-pith-tokens-* count. Long blanks make a pure-JS encoder slow: by line. */
const tokensOf = (api, body) => editableTexts(api, body).reduce((sum, { value }) => sum + encoding.encode(value, [], []).length, 0);

const apiOf = (file) => Object.keys(apis).sort((a, b) => b.length - a.length)
  .find((name) => file.replaceAll('_', '-').startsWith(name)) ?? Object.keys(apis).find((name) => file.replaceAll('_', '-').startsWith(name.split('-')[0]));
const files = readdirSync(folder).filter((file) => file.endsWith('.json') && !file.startsWith('agent40'));

describe('named fixtures', () => {
  let mock, pith;
  const table = [];
  before(async () => {
    mock = await startMock();
    pith = await startPith(mock.url);
  });
  after(async () => {
    console.log('# fixture | tokens direct | through Pith | fewer | Pith says');
    for (const row of table) console.log('# ' + row.join(' | '));
    await pith?.stop();
    await mock?.stop();
  });

  test('every API has one', () => {
    const covered = new Set(files.map(apiOf));
    for (const name of ['openai-chat', 'openai-responses', 'anthropic-messages', 'ollama-chat', 'gemini-generate']) {
      assert.ok(covered.has(name), `no fixture for ${name}`);
    }
  });

  for (const file of files) {
    const api = apiOf(file);
    const bytes = readFileSync(join(folder, file));

    test(`${file}: bytes`, async () => {
      const id = newId('f');
      const reply = await fetch(pith.url + apis[api].path,
        { method: 'POST', headers: { 'content-type': 'application/json', 'x-mock-id': id }, body: bytes });
      assert.equal(reply.status, 200);
      await reply.arrayBuffer();
      const [sent] = await mock.requests(id);
      const { mistakes, changed } = compareBodies(api, bytes, sent.body);
      assert.deepEqual(mistakes, []);
      const before = tokensOf(api, bytes), after = tokensOf(api, sent.body);
      const said = [reply.headers.get('x-pith-tokens-before'), reply.headers.get('x-pith-tokens-after')].map(Number);
      table.push([file, before, after, `${(100 * (1 - after / before)).toFixed(1)} %`, said.join(' -> ')]);
      assert.equal(reply.headers.get('x-pith-status'), 'compressed');
      assert.ok(changed > 0);
      assert.ok(after <= 0.75 * before, `only ${(100 * (1 - after / before)).toFixed(1)} % fewer tokens`);
      assert.ok(said[1] <= 0.75 * said[0], `Pith says ${said}`);
      // Pith counts what it looks at; both counts must tell the same saving.
      assert.ok(Math.abs((said[0] - said[1]) - (before - after)) <= 0.03 * (before - after) + 5,
        `Pith says ${said[0] - said[1]} saved, js-tiktoken ${before - after}`);
    });

    test(`${file}: the client library`, async () => {
      const { stream, ...body } = JSON.parse(bytes);
      const headers = { 'x-mock-fixed': '1' };
      for (const [kind, run] of [['call', (x) => x], ['stream', collect]]) {
        const results = [], sent = [];
        for (const base of [mock.url, pith.url]) {
          const id = newId('f');
          results.push(await run(await apis[api][kind](base, { headers: { ...headers, 'x-mock-id': id }, body })));
          sent.push((await mock.requests(id))[0].body);
        }
        assert.deepEqual(results[1], results[0]);
        assert.deepEqual(compareBodies(api, sent[0], sent[1]).mistakes, []);
        assert.ok(sent[1].length < sent[0].length);
      }
    });
  }
});
