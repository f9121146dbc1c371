#!/usr/bin/env bash
# The measured tables; ./run bench builds what it needs and starts it. Exit 1 when a bar is missed.
#   bench/bench.sh [BIN_DIR]
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${1:-build/release/bin}
status=0
echo "== pass-through against nginx"
"$bin/pith_proxy_vs_nginx" || { [ $? -eq 77 ] || status=1; }
echo
echo "== CPU of one request, by process"
"$bin/pith_request_cost" || status=1
for program in "$bin"/*_bench; do
  echo
  echo "== $(basename "$program")"
  "$program" --benchmark_min_time=0.3 2>/dev/null || status=1
done
exit $status
