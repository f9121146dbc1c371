// Model folders that have no tokenizer.json: a vocabulary alone, with the rules of its kind.
#pragma once

#include <string_view>

#include "messages/result.h"
#include "stages/tokenize/bert_normalizer.h"
#include "stages/tokenize/hf_tokenizer.h"

namespace pith {

/// vocab.txt of a BERT model: a piece a line, ids from 0.
Result<TokenizerParts> parts_of_bert_vocab(std::string_view lines, BertNormalizer::Rules rules);

/// sentencepiece.bpe.model of an XLM-R model: its pieces one id further, behind the four specials,
/// "<mask>" at the end; words as in the published tokenizer.json.
/// With byte fallback where the model was trained with it: Pith's own policies.
Result<TokenizerParts> parts_of_xlm_r_model(std::string_view serialized);

}  // namespace pith
