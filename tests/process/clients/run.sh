#!/bin/sh
# run.sh BUILD_DIR PITH MOCK DATA [FILE...]: installs the pinned client libraries into BUILD_DIR and runs the tests with
# the Node that npm brings (Debian's is too old for them). Exit 77, with a word, where npm is not there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1
PITH_PROGRAM=$2 PITH_MOCK_UPSTREAM=$3 PITH_TEST_DATA=$4
export PITH_PROGRAM PITH_MOCK_UPSTREAM PITH_TEST_DATA
shift 4
mkdir -p "$build"
cd "$build"
command -v npm >/dev/null || { echo "SKIPPED: npm is not installed"; exit 77; }
cp "$here"/package.json "$here"/package-lock.json "$here"/.npmrc "$here"/*.mjs .
stamp=$(cat package.json package-lock.json | sha256sum)
if [ "$(cat installed 2>/dev/null)" != "$stamp" ]; then
  # One suite asks the network; where it failed, the others of the next ten minutes need not wait for it, too.
  [ -z "$(find unreachable -mmin -10 2>/dev/null)" ] || { echo "SKIPPED: npm could not install them just now"; exit 77; }
  timeout 400 npm ci --loglevel=error >npm.log 2>&1 || {
    touch unreachable
    tail -5 npm.log
    echo "SKIPPED: npm could not install the client libraries"
    exit 77
  }
  echo "$stamp" >installed
fi
node=$build/node_modules/node/bin/node
[ -x "$node" ] || { echo "SKIPPED: the npm package node brought no binary for this machine"; exit 77; }
"$node" --version
# A proxy of the machine must not stand between the clients and loopback.
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY 2>/dev/null || true
[ $# -gt 0 ] || set -- *.test.mjs
exec "$node" --test --test-reporter=spec --test-concurrency=1 --test-timeout=120000 "$@"
