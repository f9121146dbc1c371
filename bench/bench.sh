#!/usr/bin/env bash
# The measured tables; ./run bench builds what it needs and starts it. Exit 1 when a bar is missed.
#   bench/bench.sh            all
#   bench/bench.sh encoder    the encoder and its peers alone
set -euo pipefail
cd "$(dirname "$0")/.."
bin=build/release/bin
status=0
if [ "${1:-}" != encoder ]; then
  echo "== pass-through against nginx"
  "$bin/pith_proxy_vs_nginx" || { [ $? -eq 77 ] || status=1; }
  echo
  echo "== CPU of one request, by process"
  "$bin/pith_request_cost" || status=1
  for program in "$bin"/*_bench; do
    case $program in */pith_*) continue ;; esac
    echo
    echo "== $(basename "$program")"
    "$program" --benchmark_min_time=0.3 2>/dev/null || status=1
  done
  echo
  echo "== the shipped encoder policy"
  "$bin/pith_policy_bench" || status=1
  echo
fi
echo "== the encoder and its peers"
bench/encoder/encoder_bench.py --bin "$bin" || status=1
exit $status
