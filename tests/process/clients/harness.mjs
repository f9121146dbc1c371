// Starts the mock upstream and pith, and gives each provider's client library the same few verbs.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { Ollama } from 'ollama';
import OpenAI from 'openai';

const need = (name) => {
  if (!process.env[name]) throw new Error(`${name} must be set; run.sh does`);
  return process.env[name];
};
export const pithProgram = need('PITH_PROGRAM');
export const mockProgram = need('PITH_MOCK_UPSTREAM');
export const testData = need('PITH_TEST_DATA');

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Polls until `done()` is truthy; gives its value, or the last one when time is over. */
export async function eventually(done, ms = 5000) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await done();
    if (value || Date.now() > end) return value;
    await sleep(10);
  }
}

/** A child whose first line on stdout that starts with `prefix` ends in a port. */
async function start(program, args, prefix) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', log = '';
  child.stderr.on('data', (bytes) => { log = (log + bytes).slice(-20000); });
  const exited = new Promise((done) => child.once('exit', (code, signal) => done(code ?? signal)));
  const url = await new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`${program} is not ready:\n${out}${log}`)), 30000);
    child.stdout.on('data', (bytes) => {
      out += bytes;
      const line = out.split('\n').slice(0, -1).find((text) => text.startsWith(prefix));
      if (line) { clearTimeout(timer); done(line.slice(prefix.length).trim()); }
    });
    exited.then((code) => { clearTimeout(timer); fail(new Error(`${program} ended (${code}):\n${out}${log}`)); });
  });
  return {
    url,
    log: () => log,
    signal: (name) => child.kill(name),
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), 8000);
      await exited;
      clearTimeout(timer);
    },
  };
}

export async function startMock() {
  const process = await start(mockProgram, [], 'mock: listening on ');
  const get = async (path, init) => (await fetch(process.url + path, init)).json();
  return {
    ...process,
    state: () => get('/_mock/state'),
    reset: () => get('/_mock/reset', { method: 'POST' }),
    release: (gate, n = 1) => get(`/_mock/release?gate=${gate}&n=${n}`),
    async requests(id) {
      const { requests } = await get('/_mock/requests' + (id ? `?id=${id}` : ''));
      for (const r of requests) r.body = Buffer.from(r.body, 'base64');
      return requests;
    },
  };
}

/** `pith serve`; restart(args, signal) keeps state and port. */
export async function startPith(upstream, { args = [], config = '' } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'pith-clients-'));
  writeFileSync(join(dir, 'pith.toml'), config);
  const launch = (port, more) => start(pithProgram, ['serve', '--listen', `127.0.0.1:${port}`, '--upstream', upstream,
    '--state', join(dir, 'state'), '--config', join(dir, 'pith.toml'), ...more], 'pith: listening on ');
  let process = await launch(0, args);
  return {
    get url() { return process.url; },
    log: () => process.log(),
    async restart(more = args, signal = 'SIGTERM') {
      const port = new URL(process.url).port;
      await process.stop(signal);
      process = await launch(port, more);
    },
    /** Another configuration without a restart; what it says about the policy counts from the next conversation on. */
    async reload(text) {
      writeFileSync(join(dir, 'pith.toml'), text);
      process.signal('SIGHUP');
      await sleep(500);
    },
    async stop() {
      await process.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

let counter = 0;
export const newId = (name) => `${name}-${globalThis.process.pid}-${++counter}`;

const key = 'sk-test-not-a-key';
export const openai = (base, options = {}) => new OpenAI({ apiKey: key, baseURL: `${base}/v1`, maxRetries: 0, ...options });
export const anthropic = (base, options = {}) => new Anthropic({ apiKey: key, baseURL: base, maxRetries: 0, ...options });
export const ollama = (base, headers, signal) =>
  new Ollama({ host: base, headers, fetch: (url, init) => fetch(url, { ...init, signal: signal ?? init?.signal }) });
export const gemini = (base) => new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: base } });

async function* plain(stream) { for await (const event of stream) yield JSON.parse(JSON.stringify(event)); }
/** The SDKs hang request ids and the like on non-enumerable properties; what a user reads is the JSON. */
const whole = (value) => JSON.parse(JSON.stringify(value));

const geminiConfig = ({ headers, signal, body }) => {
  const { contents, systemInstruction, tools, toolConfig, generationConfig, safetySettings, model, ...rest } = body;
  return { model: model ?? 'gemini-mock', contents,
    config: { ...rest, ...generationConfig, systemInstruction, tools, toolConfig, safetySettings, abortSignal: signal,
      httpOptions: { headers } } };
};

/**
 * Each call of each API as its users make it: call(base, {headers, signal, body}) gives the answer;
 * stream(...) an async iterator over events.
 */
export const apis = {
  'openai-chat': {
    path: '/v1/chat/completions',
    short: { model: 'gpt-4o-mini', temperature: 1, messages: [
      { role: 'system', content: 'Be brief. „Grüße“ 日本' }, { role: 'user', content: 'Say hello to the harbour.' }] },
    call: async (base, { headers, signal, body }) =>
      whole(await openai(base).chat.completions.create(body, { headers, signal })),
    stream: async (base, { headers, signal, body }) => plain(await openai(base).chat.completions.create(
      { ...body, stream: true, stream_options: { include_usage: true } }, { headers, signal })),
  },
  'openai-completions': {
    path: '/v1/completions',
    short: { model: 'gpt-3.5-turbo-instruct', prompt: 'Once upon a time' },
    call: async (base, { headers, signal, body }) => whole(await openai(base).completions.create(body, { headers, signal })),
    stream: async (base, { headers, signal, body }) =>
      plain(await openai(base).completions.create({ ...body, stream: true }, { headers, signal })),
  },
  'openai-responses': {
    path: '/v1/responses',
    short: { model: 'gpt-4o', instructions: 'Be brief.', input: [{ role: 'user', content: 'Say hello.' }] },
    call: async (base, { headers, signal, body }) => whole(await openai(base).responses.create(body, { headers, signal })),
    stream: async (base, { headers, signal, body }) =>
      plain(await openai(base).responses.create({ ...body, stream: true }, { headers, signal })),
  },
  'anthropic-messages': {
    path: '/v1/messages',
    short: { model: 'claude-mock', max_tokens: 100, system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Say hello.' }] }] },
    call: async (base, { headers, signal, body }) => whole(await anthropic(base).messages.create(body, { headers, signal })),
    stream: async (base, { headers, signal, body }) =>
      plain(await anthropic(base).messages.create({ ...body, stream: true }, { headers, signal })),
  },
  'ollama-chat': {
    path: '/api/chat',
    short: { model: 'mock', messages: [{ role: 'user', content: 'Say hello.' }], options: { temperature: 0 } },
    call: async (base, { headers, signal, body }) => whole(await ollama(base, headers, signal).chat({ ...body, stream: false })),
    stream: async (base, { headers, signal, body }) => plain(await ollama(base, headers, signal).chat({ ...body, stream: true })),
  },
  'ollama-generate': {
    path: '/api/generate',
    short: { model: 'mock', prompt: 'Say hello.', system: 'Be brief.' },
    call: async (base, { headers, signal, body }) => whole(await ollama(base, headers, signal).generate({ ...body, stream: false })),
    stream: async (base, { headers, signal, body }) => plain(await ollama(base, headers, signal).generate({ ...body, stream: true })),
  },
  'gemini-generate': {
    path: '/v1beta/models/gemini-mock:generateContent',
    short: { contents: [{ role: 'user', parts: [{ text: 'Say hello.' }] }], systemInstruction: { parts: [{ text: 'Be brief.' }] } },
    call: async (base, options) => withoutHttp(await gemini(base).models.generateContent(geminiConfig(options))),
    stream: async function* (base, options) {
      for await (const event of await gemini(base).models.generateContentStream(geminiConfig(options))) yield withoutHttp(event);
    },
  },
};

/** The Gemini library shows the raw HTTP headers in its answers; dates and x-pith-* differ there by design. */
function withoutHttp(value) {
  const { sdkHttpResponse, ...rest } = JSON.parse(JSON.stringify(value));
  return rest;
}

/** Calls that have no streaming form. */
export const otherCalls = {
  'openai models': async (base, headers) => whole((await openai(base).models.list({ headers })).data),
  'openai embeddings': async (base, headers) =>
    whole(await openai(base).embeddings.create({ model: 'text-embedding-3-small', input: 'a harbour' }, { headers })),
  'openai input tokens': async (base, headers) =>
    whole(await openai(base).responses.inputTokens.count({ model: 'gpt-4o', input: 'a harbour' }, { headers })),
  'anthropic models': async (base, headers) => whole((await anthropic(base).models.list({}, { headers })).data),
  'anthropic count_tokens': async (base, headers) =>
    whole(await anthropic(base).messages.countTokens({ model: 'claude-mock', messages: [{ role: 'user', content: 'hello' }] }, { headers })),
  'ollama list': async (base, headers) => whole(await ollama(base, headers).list()),
  'ollama embed': async (base, headers) => whole(await ollama(base, headers).embed({ model: 'mock', input: 'a harbour' })),
  'gemini countTokens': async (base, headers) => withoutHttp(await gemini(base).models.countTokens(
    { model: 'gemini-mock', contents: [{ role: 'user', parts: [{ text: 'hello' }] }], config: { httpOptions: { headers } } })),
  'gemini models': async (base, headers) => {
    const names = [];
    for await (const model of await gemini(base).models.list({ config: { httpOptions: { headers } } })) names.push(whole(model));
    return names;
  },
};

export async function collect(stream) {
  const events = [];
  for await (const event of await stream) events.push(event);
  return events;
}

/** What a client library makes of a failure. */
export async function failure(action) {
  try {
    await action();
  } catch (error) {
    const chain = [];
    for (let e = error; e; e = e.cause) chain.push(e.constructor.name);
    return { name: error.constructor.name, status: error.status ?? error.status_code, message: error.message, error,
      type: error.type, body: error.error, requestID: error.requestID, chain };
  }
  return { name: 'no error' };
}

export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
