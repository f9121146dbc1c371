// A client that gives up is seen by the upstream at once, before the first byte and in the middle of a stream.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { apis, eventually, failure, newId, startMock, startPith } from './harness.mjs';

const withinMs = 1500;

describe('aborts reach the upstream', () => {
  let mock, pith;
  before(async () => {
    mock = await startMock();
    pith = await startPith(mock.url);
  });
  after(async () => {
    await pith?.stop();
    await mock?.stop();
  });

  async function waitActive(id, phase) {
    const found = await eventually(async () => (await mock.state()).active.find((a) => a.id === id && a.phase === phase));
    assert.ok(found, `the request is ${phase} at the upstream`);
  }
  async function expectGone(id, at) {
    const gone = await eventually(async () => (await mock.state()).disconnects.find((d) => d.id === id), 5000);
    assert.ok(gone, 'the upstream never noticed');
    assert.ok(gone.at_ms - at < withinMs, `noticed after ${gone.at_ms - at} ms`);
  }

  for (const [name, api] of Object.entries(apis)) {
    for (const kind of ['call', 'stream']) {
      test(`${name}: ${kind} aborted before the first byte`, async () => {
        const id = newId('a'), controller = new AbortController();
        const headers = { 'x-mock-id': id, 'x-mock-hold': 'head' };
        const failed = failure(async () => {
          const answer = await api[kind](pith.url, { headers, body: api.short, signal: controller.signal });
          if (kind === 'stream') for await (const event of answer) void event;
        });
        await waitActive(id, 'before_head');
        const at = Date.now();
        controller.abort();
        assert.notEqual((await failed).name, 'no error');
        await expectGone(id, at);
      });
    }

    test(`${name}: stream aborted in the middle`, async () => {
      const id = newId('a'), controller = new AbortController();
      const headers = { 'x-mock-id': id, 'x-mock-event-gap-ms': '40', 'x-mock-events': '500' };
      let at = 0, events = 0;
      await failure(async () => {
        for await (const event of await api.stream(pith.url, { headers, body: api.short, signal: controller.signal })) {
          void event;
          if (++events === 3) { at = Date.now(); controller.abort(); }
          assert.ok(events < 100, 'events go on after the abort');
        }
      });
      assert.ok(events >= 3);
      await expectGone(id, at);
    });
  }
});
