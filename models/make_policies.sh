#!/bin/sh
# Trains the shipped policies: models/make_policies.sh DATA [OUT_FOLDER]
# DATA holds text-core.train, qa.train, meet.train and codesum.train (.jsonl.zst), and the distill label files. pith-small takes
# about an hour on two cores.
set -eu
data=$1
here=$(cd "$(dirname "$0")" && pwd)
out=${2:-$here}
pith=${PITH:-$here/../build/release/bin/pith}
summaries="--summaries $data/codesum.train.jsonl.zst --summaries-leave-out-source code-docstring-corpus"
# shellcheck disable=SC2086
"$pith" train linear --data "$data/distill.train.jsonl.zst" --leave-out-source 'loghub*' $summaries \
  --out "$out/words.linear" --eval-labels "$data/distill.valid.jsonl.zst"
"$pith" train query --policy "$out/words.linear" --data "$data/qa.train.jsonl.zst" --out "$out/pith-linear.linear"
rm "$out/words.linear"
texts="--data $data/text-core.train.jsonl.zst --data $data/qa.train.jsonl.zst --data $data/meet.train.jsonl.zst \
  --data $data/codesum.train.jsonl.zst"
shape="--layers 4 --hidden 192 --heads 6 --ffn 768 --window 256"
work=${WORK:-$out/pith-small.work}  # Checkpoints: the same command goes on where it was stopped.
# shellcheck disable=SC2086
{
  [ -f "$work/vocab/sentencepiece.bpe.model" ] ||
    "$pith" train vocab $texts --vocab 16000 --language-mb 6 --sample-mb 24 --out "$work/vocab"
  "$pith" train pretrain $texts --vocab "$work/vocab" $shape --steps 2600 --batch 32 --learning-rate 2e-3 \
    --out "$work/pretrained"
  "$pith" train sft --data "$data/distill.train.jsonl.zst" --leave-out-source 'loghub*' $summaries --vocab "$work/vocab" \
    --init "$work/pretrained" $shape --epochs 3 --batch 16 --learning-rate 1e-3 --dropout 0.1 --out "$work/supervised" \
    --eval-labels "$data/distill.valid.jsonl.zst"
  "$pith" train query --policy "$work/supervised" --data "$data/qa.train.jsonl.zst" --out "$out/pith-small"
}
train() {
  "$pith" train ngram --data "$data/text-core.train.jsonl.zst" --valid "$data/text-core.valid.jsonl.zst" \
    --leave-out-texts "$data/distill.valid.jsonl.zst" --leave-out-texts "$data/distill.test.jsonl.zst" \
    --eval-labels "$data/distill.valid.jsonl.zst" "$@"
}
train --out "$out/ngram-en.ngram" --lang en --order 3 --vocab 8000 --size-mb 0.5
train --out "$out/ngram-multi.ngram" --language-mb 5 --order 3 --vocab 8000 --size-mb 0.5
