// Writes NAME.ranks.raw for each encoding named on the command line, out of an unpacked js-tiktoken
// package. Usage: node make_ranks.mjs PACKAGE_DIR OUT_DIR NAME...
//
// Format (little-endian), later compressed as one zstd frame with a content size:
//   "PRNK"  u32 version = 1  u32 num_tokens  u32 num_bytes
//   u8  length[num_tokens]   bytes of each token, in order of rank (= token id); at least 1
//   u8  bytes[num_bytes]     the tokens one after another; num_bytes = sum of length
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [packageDir, outDir, ...names] = process.argv.slice(2);
for (const name of names) {
  const file = resolve(join(packageDir, 'dist', 'ranks', `${name}.js`));
  const { default: encoding } = await import(pathToFileURL(file));
  const tokens = [];
  // A line is "! FIRST_RANK base64 base64 ...".
  for (const line of encoding.bpe_ranks.split('\n').filter(Boolean)) {
    const [, first, ...words] = line.split(' ');
    words.forEach((word, i) => { tokens[Number(first) + i] = Buffer.from(word, 'base64'); });
  }
  for (let rank = 0; rank < tokens.length; ++rank) {
    if (!tokens[rank]?.length || tokens[rank].length > 255) throw new Error(`${name}: rank ${rank}`);
  }
  const bytes = Buffer.concat(tokens);
  const header = Buffer.alloc(16);
  header.write('PRNK', 0, 'latin1');
  header.writeUInt32LE(1, 4);
  header.writeUInt32LE(tokens.length, 8);
  header.writeUInt32LE(bytes.length, 12);
  const lengths = Buffer.from(tokens.map((token) => token.length));
  writeFileSync(join(outDir, `${name}.ranks.raw`), Buffer.concat([header, lengths, bytes]));
  console.log(`${name}: ${tokens.length} tokens, ${bytes.length} bytes`);
}
