// 200 streams at once, of all APIs, through one Pith.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { apis, collect, newId, startMock, startPith } from './harness.mjs';

describe('200 concurrent streams', () => {
  let mock, pith;
  before(async () => {
    mock = await startMock();
    pith = await startPith(mock.url);
  });
  after(async () => {
    await pith?.stop();
    await mock?.stop();
  });

  test('every one arrives whole', async () => {
    const names = Object.keys(apis);
    const headers = { 'x-mock-events': '20', 'x-mock-event-gap-ms': '20', 'x-mock-fixed': '1', 'x-mock-id': newId('l') };
    const expected = {};
    for (const name of names) expected[name] = await collect(apis[name].stream(mock.url, { headers, body: apis[name].short }));
    let peak = 0;
    const watcher = setInterval(async () => { peak = Math.max(peak, (await mock.state()).active.length); }, 50);
    const streams = await Promise.all(Array.from({ length: 200 }, async (_, i) => {
      const name = names[i % names.length];
      return [name, await collect(apis[name].stream(pith.url, { headers, body: apis[name].short }))];
    }));
    clearInterval(watcher);
    for (const [name, events] of streams) assert.deepEqual(events, expected[name]);
    console.log(`# most streams seen at once by the upstream: ${peak}`);
    assert.ok(peak > 100, `only ${peak} at once`);
  });
});
