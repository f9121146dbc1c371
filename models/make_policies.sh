#!/bin/sh
# Trains the shipped policies: models/make_policies.sh DATA [OUT_FOLDER]
# DATA holds text-core.train.jsonl.zst and the label files whose texts must stay out of training.
set -eu
data=$1
here=$(cd "$(dirname "$0")" && pwd)
out=${2:-$here}
pith=${PITH:-$here/../build/release/bin/pith}
"$pith" train linear --data "$data/distill.train.jsonl.zst" --leave-out-source 'loghub*' \
  --out "$out/words.linear" --eval-labels "$data/distill.valid.jsonl.zst"
"$pith" train query --policy "$out/words.linear" --data "$data/qa.train.jsonl.zst" --out "$out/pith-linear.linear"
rm "$out/words.linear"
train() {
  "$pith" train ngram --data "$data/text-core.train.jsonl.zst" --valid "$data/text-core.valid.jsonl.zst" \
    --leave-out-texts "$data/distill.valid.jsonl.zst" --leave-out-texts "$data/distill.test.jsonl.zst" \
    --eval-labels "$data/distill.valid.jsonl.zst" "$@"
}
train --out "$out/ngram-en.ngram" --lang en --order 3 --vocab 8000 --size-mb 0.5
train --out "$out/ngram-multi.ngram" --language-mb 5 --order 3 --vocab 8000 --size-mb 0.5
