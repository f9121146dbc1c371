// A slow, obvious JSON walker that knows where each value stands: the tests' own, independent of Pith's.

/** Leaves of a JSON document in order: {path, start, end, value, parents}; spans in bytes, strings with quotes. */
export function leaves(buffer) {
  const text = buffer.toString('latin1');  // One character a byte.
  let at = 0;
  const found = [];
  const space = () => { while (' \t\r\n'.includes(text[at]) && at < text.length) ++at; };
  const string = () => {
    const start = at++;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    return [start, ++at];
  };
  const parse = (start, end) => JSON.parse(buffer.subarray(start, end).toString('utf8'));
  const value = (path) => {
    space();
    if (text[at] === '{') {
      ++at; space();
      while (text[at] !== '}') {
        space();
        const name = parse(...string());
        space(); ++at;
        value([...path, name]);
        space();
        if (text[at] === ',') ++at;
      }
      ++at;
    } else if (text[at] === '[') {
      ++at; space();
      for (let i = 0; text[at] !== ']'; ++i) {
        value([...path, i]);
        space();
        if (text[at] === ',') ++at;
        space();
      }
      ++at;
    } else if (text[at] === '"') {
      const [start, end] = string();
      found.push({ path, start, end, value: parse(start, end) });
    } else {
      const start = at;
      while (at < text.length && !',]} \t\r\n'.includes(text[at])) ++at;
      found.push({ path, start, end: at, value: parse(start, at) });
    }
  };
  value([]);
  return found;
}

const look = (document, path) => path.reduce((node, name) => node?.[name], document);

/** May Pith change the string at `path`? PROTOCOLS.md section 2, written down once more. */
export function editable(api, document, path) {
  const p = path.join('/');
  const parent = look(document, path.slice(0, -1)) ?? {};
  if (api.startsWith('openai-chat')) {
    return /^messages\/\d+\/content$/.test(p) || (/^messages\/\d+\/content\/\d+\/text$/.test(p) && parent.type === 'text');
  }
  if (api.startsWith('openai-completions')) return /^prompt(\/\d+)?$/.test(p) && !document.suffix && !document.echo;
  if (api.startsWith('openai-responses')) {
    if (p === 'instructions' || p === 'input') return true;
    const item = look(document, path.slice(0, 2)) ?? {};
    const outputs = ['function_call_output', 'custom_tool_call_output'];
    if (/^input\/\d+\/content(\/\d+\/text)?$/.test(p)) return item.type === undefined || item.type === 'message';
    return /^input\/\d+\/output(\/\d+\/text)?$/.test(p) && outputs.includes(item.type);
  }
  if (api.startsWith('anthropic')) {
    if (/^system(\/\d+\/text)?$/.test(p) || /^messages\/\d+\/content$/.test(p)) return true;
    const block = look(document, path.slice(0, 4)) ?? {};
    if (/^messages\/\d+\/content\/\d+\/text$/.test(p)) return block.type === 'text' && !block.citations;
    if (/^messages\/\d+\/content\/\d+\/content$/.test(p)) return block.type === 'tool_result';
    if (/^messages\/\d+\/content\/\d+\/content\/\d+\/text$/.test(p)) {
      return block.type === 'tool_result' ? parent.type === 'text' : block.type === 'search_result' && !block.citations?.enabled;
    }
    if (/^messages\/\d+\/content\/\d+\/(context|source\/data|source\/content(\/\d+\/text)?)$/.test(p)) {
      return block.type === 'document' && !block.citations?.enabled && ['text', 'content'].includes(block.source.type);
    }
    // A document or search result inside a tool result follows the same rules, one level down.
    return /^messages\/\d+\/content\/\d+\/content\/\d+\/(content\/\d+\/text|context|source\/data|source\/content(\/\d+\/text)?)$/.test(p);
  }
  if (api === 'ollama-chat') return /^messages\/\d+\/content$/.test(p);
  if (api === 'ollama-generate') return ['prompt', 'system'].includes(p) && !document.raw && !document.suffix;
  if (api.startsWith('gemini')) {
    return /^(contents\/\d+|systemInstruction|system_instruction)\/parts\/\d+\/text$/.test(p) && !parent.thought && !parent.thoughtSignature;
  }
  return false;
}

/** All strings that may change. */
export function editableTexts(api, buffer) {
  const document = JSON.parse(buffer.toString('utf8'));
  return leaves(buffer).filter((leaf) => typeof leaf.value === 'string' && editable(api, document, leaf.path));
}

const isSubsequence = (part, all) => {
  let at = 0;
  for (const c of all) if (at < part.length && part[at] === c) ++at;
  return at === part.length;
};

/**
 * Compares what a client sent with what the upstream got: every byte outside editable strings equal, and each changed
 * string made of the original's characters in their order. Gives the mistakes found, and how many texts changed.
 */
export function compareBodies(api, original, sent) {
  const mistakes = [];
  const document = JSON.parse(original.toString('utf8'));
  const a = leaves(original), b = leaves(sent);
  if (a.length !== b.length) return { mistakes: [`${a.length} values became ${b.length}`], changed: 0 };
  let changed = 0, aEnd = 0, bEnd = 0;
  for (let i = 0; i <= a.length; ++i) {
    const gapA = original.subarray(aEnd, a[i]?.start), gapB = sent.subarray(bEnd, b[i]?.start);
    if (!gapA.equals(gapB)) mistakes.push(`bytes before value ${i} differ`);
    if (i === a.length) break;
    [aEnd, bEnd] = [a[i].end, b[i].end];
    const rawA = original.subarray(a[i].start, aEnd), rawB = sent.subarray(b[i].start, bEnd);
    if (rawA.equals(rawB)) continue;
    ++changed;
    const name = a[i].path.join('/');
    if (typeof a[i].value !== 'string' || !editable(api, document, a[i].path)) mistakes.push(`${name} must not change`);
    else if (!b[i].value || !isSubsequence([...b[i].value], [...a[i].value])) mistakes.push(`${name} is not made of the original`);
  }
  return { mistakes, changed };
}
