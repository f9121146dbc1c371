// Errors of the upstream reach the client libraries as the same classes with the same headers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { anthropic, apis, collect, failure, newId, openai, startMock, startPith } from './harness.mjs';

const shown = ['retry-after', 'retry-after-ms', 'x-should-retry', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests',
  'anthropic-ratelimit-requests-remaining', 'request-id', 'x-request-id', 'cf-ray', 'content-type', 'content-length'];

describe('errors', () => {
  let mock, pith;
  before(async () => {
    mock = await startMock();
    pith = await startPith(mock.url);
  });
  after(async () => {
    await pith?.stop();
    await mock?.stop();
  });

  for (const [name, api] of Object.entries(apis)) {
    for (const status of [400, 401, 429, 500, 529]) {
      test(`${name}: ${status}`, async () => {
        for (const kind of ['call', 'stream']) {
          const seen = [];
          for (const base of [mock.url, pith.url]) {
            const headers = { 'x-mock-status': String(status), 'x-mock-id': newId('e') };
            const { error, chain, ...told } = await failure(async () => {
              const answer = await api[kind](base, { headers, body: api.short });
              if (kind === 'stream') await collect(answer);
            });
            assert.notEqual(told.name, 'no error');
            const get = error.headers?.get?.bind(error.headers);
            seen.push({ ...told, headers: get && Object.fromEntries(shown.map((h) => [h, get(h)])) });
          }
          assert.deepEqual(seen[1], seen[0]);
          if (name.startsWith('openai') || name.startsWith('anthropic')) assert.equal(seen[1].status, status);
        }
      });
    }
  }

  test('every header line of an error, raw', async () => {
    const lines = [];
    for (const base of [mock.url, pith.url]) {
      const reply = await fetch(`${base}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-mock-status': '429' }, body: '{}' });
      lines.push({ status: reply.status, text: await reply.text(), cookies: reply.headers.getSetCookie(),
        ...Object.fromEntries(shown.map((h) => [h, reply.headers.get(h)])) });
    }
    assert.deepEqual(lines[1], lines[0]);
    assert.equal(lines[1].cookies.length, 2);
  });

  test('only the library retries, as often as without Pith', async () => {
    for (const make of [openai, anthropic]) {
      const counts = [];
      for (const base of [mock.url, pith.url]) {
        const id = newId('retry');
        const headers = { 'x-mock-id': id, 'x-mock-status': '409' };
        const client = make(base, { maxRetries: 1 });
        const body = { model: 'm', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] };
        await failure(() => (client.chat ?? client).completions?.create(body, { headers }) ?? client.messages.create(body, { headers }));
        counts.push((await mock.requests(id)).length);
      }
      assert.equal(counts[0], 2);
      assert.equal(counts[1], counts[0]);
    }
  });

  for (const [name, api] of Object.entries(apis)) {
    test(`${name}: an error event in the stream`, async () => {
      const seen = [];
      for (const base of [mock.url, pith.url]) {
        const events = [];
        const { error, ...told } = await failure(async () => {
          for await (const event of await api.stream(base, { headers: { 'x-mock-stream-error': '1' }, body: api.short })) events.push(event);
        });
        seen.push({ ...told, events });
      }
      assert.deepEqual(seen[1], seen[0]);
    });

    test(`${name}: the upstream hangs up in the middle`, async () => {
      for (const cut of ['1', '300', '700']) {
        const seen = [];
        for (const base of [mock.url, pith.url]) {
          const events = [];
          const headers = { 'x-mock-cut-after': cut, 'x-mock-events': '20' };
          const told = await failure(async () => {
            for await (const event of await api.stream(base, { headers, body: api.short })) events.push(event);
          });
          assert.notEqual(told.name, 'no error', `a cut answer must not look complete (after ${cut} bytes)`);
          seen.push({ name: told.name, message: told.message, events });
        }
        assert.deepEqual(seen[1], seen[0]);
      }
    });

    test(`${name}: a whole answer cut in the middle`, async () => {
      const seen = [];
      for (const base of [mock.url, pith.url]) {
        const told = await failure(() => api.call(base, { headers: { 'x-mock-cut-after': '100' }, body: api.short }));
        seen.push({ name: told.name, message: told.message });
      }
      assert.notEqual(seen[1].name, 'no error');
      assert.deepEqual(seen[1], seen[0]);
    });
  }
});
