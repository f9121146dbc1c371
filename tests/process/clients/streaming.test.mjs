// One event is in the client's hands before the upstream writes the next.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { apis, newId, startMock, startPith } from './harness.mjs';

describe('events come one by one', () => {
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
    test(name, async () => {
      const gate = newId(name);
      const stream = api.stream(pith.url, { headers: { 'x-mock-gate': gate, 'x-mock-id': gate, 'x-mock-events': '6' }, body: api.short });
      let written = 0, text = 0;
      await mock.release(gate), ++written;
      const iterator = (await stream)[Symbol.asyncIterator]();
      for (;;) {
        // The upstream has written `written` events and waits at the gate; a client event must come out of them, or
        // the library swallows that kind of event (a ping, [DONE]), and the next release brings one.
        const next = iterator.next();
        let result;
        for (let patience = 0; result === undefined; ++patience) {
          result = await Promise.race([next, new Promise((done) => setTimeout(done, 250))]);
          if (result === undefined) {
            assert.ok(patience < 4, `nothing arrives although ${written} events are written`);
            await mock.release(gate), ++written;
          }
        }
        if (result.done) break;
        if (/(Grüße|日本語|テキスト|🚀|café|Ωμέγα)/.test(JSON.stringify(result.value))) ++text;
        const state = (await mock.state()).gates.find((g) => g.gate === gate);
        assert.ok(state.written <= written, 'the mock is ahead of its gate');
        await mock.release(gate), ++written;
      }
      assert.ok(text >= 6, `${text} text events`);
    });
  }
});
