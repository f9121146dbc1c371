#!/usr/bin/env bash
# Memory and open files over 100,000 requests of every kind; ./run soak builds what it needs and starts it.
#   bench/soak.sh [BIN_DIR]
set -euo pipefail
cd "$(dirname "$0")/.."
exec "${1:-build/release/bin}/pith_soak"
