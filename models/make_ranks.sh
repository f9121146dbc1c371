#!/bin/sh
# Makes models/*.ranks.zst again from the npm package js-tiktoken (see LICENSES.md).
# Needs npm, node and zstd; building and running Pith does not need this script.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent js-tiktoken@1.0.21 > /dev/null
tar xzf js-tiktoken-1.0.21.tgz
node "$here/make_ranks.mjs" package . cl100k_base o200k_base
for name in cl100k_base o200k_base; do
  zstd -q --ultra -22 --no-check -f "$name.ranks.raw" -o "$here/$name.ranks.zst"
done
ls -l "$here"/*.ranks.zst
