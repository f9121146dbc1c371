// A client library sees the same through Pith as it sees going direct, whole and streamed, however the bytes are cut.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { apis, collect, newId, otherCalls, startMock, startPith } from './harness.mjs';

describe('the same through Pith as direct', () => {
  let mock, pith;
  before(async () => {
    mock = await startMock();
    pith = await startPith(mock.url);
  });
  after(async () => {
    await pith?.stop();
    await mock?.stop();
  });

  /** Runs direct and through Pith; compares results and the bytes that the upstream got. */
  async function same(name, action) {
    const results = [], bodies = [];
    for (const base of [mock.url, pith.url]) {
      const id = newId(name);
      results.push(await action(base, { 'x-mock-id': id }));
      bodies.push((await mock.requests(id)).map((r) => `${r.method} ${r.target}\n${r.body.toString('latin1')}`));
    }
    assert.ok(bodies[0].length > 0, 'the mock was asked');
    assert.deepEqual(bodies[1], bodies[0], 'the upstream got other bytes');
    assert.deepEqual(results[1], results[0]);
    return results[0];
  }

  for (const [name, api] of Object.entries(apis)) {
    test(`${name}: whole answer`, async () => {
      const answer = await same(name, (base, headers) => api.call(base, { headers, body: api.short }));
      assert.match(JSON.stringify(answer), /sha256=[0-9a-f]{64}/, 'the answer tells what was received');
    });
    test(`${name}: streamed answer`, async () => {
      const events = await same(name, (base, headers) => collect(api.stream(base, { headers, body: api.short })));
      assert.ok(events.length >= 5);
    });
    for (const split of ['1', '2', '5', '64']) {
      test(`${name}: stream in writes of ${split} bytes`, async () => {
        const more = { 'x-mock-split': split, 'x-mock-split-us': '20' };
        const events = await same(name, (base, headers) => collect(api.stream(base, { headers: { ...headers, ...more }, body: api.short })));
        assert.match(JSON.stringify(events), /日本語の/, 'characters survive the cuts');
        assert.doesNotMatch(JSON.stringify(events), /\ufffd/);
      });
    }
  }

  for (const [name, call] of Object.entries(otherCalls)) {
    test(name, async () => { await same(name.replaceAll(' ', '-'), (base, headers) => call(base, headers)); });
  }

  test('Gemini stream without alt=sse: one JSON array in pieces', async () => {
    const body = JSON.stringify(apis['gemini-generate'].short);
    const events = await same('gemini-array', async (base, headers) => {
      const reply = await fetch(`${base}/v1beta/models/gemini-mock:streamGenerateContent`,
        { method: 'POST', headers: { ...headers, 'content-type': 'application/json', 'x-mock-split': '3', 'x-mock-split-us': '20' }, body });
      return reply.json();
    });
    assert.equal(events.length, 5);
  });

  test('large answers', async () => {
    const more = { 'x-mock-body-bytes': '3000000', 'x-mock-events': '300' };
    const api = apis['openai-chat'];
    await same('large', (base, headers) => api.call(base, { headers: { ...headers, ...more }, body: api.short }));
    await same('large', (base, headers) => collect(api.stream(base, { headers: { ...headers, ...more }, body: api.short })));
  });

  test('compressed answers are handed on compressed', async () => {
    const answer = await same('gzip', async (base, headers) => {
      const reply = await fetch(`${base}/v1/models`, { headers: { ...headers, 'x-mock-gzip': '1' } });
      return [reply.headers.get('content-encoding'), await reply.text()];
    });
    assert.equal(answer[0], 'gzip');
  });
});
