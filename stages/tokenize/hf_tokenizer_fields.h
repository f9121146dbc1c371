// The parts of a tokenizer.json.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "messages/result.h"
#include "stages/model_files/json_field.h"
#include "stages/tokenize/hf_tokenizer.h"

namespace pith {

/// Sequences inside sequences: no deeper than this.
inline constexpr int kSequenceDepthMax = 8;
/// The largest id that a vocabulary of `count` pieces may have: some ids may be missing, but tables
/// by id must stay within the file's size.
constexpr std::int64_t id_max(std::size_t count) {
  return 4 * static_cast<std::int64_t>(count) + 1023;
}
/// Steps of one sequence.
inline constexpr std::size_t kSequenceStepsMax = 64;
/// Bytes that the normalizer may make of a byte, which bounds the memory that a text takes. The
/// longest replacement of NFKC has 33, and a blank becomes 3.
inline constexpr double kGrowthMax = 256;

// Errors of all: kFileUnreadable, naming the field.
Result<std::unique_ptr<const Normalizer>> normalizer_from(const JsonField& field, int depth = 0);
Result<std::unique_ptr<const PreTokenizer>> pre_tokenizer_from(const JsonField& field,
                                                               int depth = 0);
Result<std::unique_ptr<const PieceModel>> piece_model_from(const JsonField& field);
Result<std::vector<AddedToken>> added_tokens_from(const JsonField& field);
/// Null where its kind or its values are not known, as only those who decode need one.
std::unique_ptr<const PieceDecoder> piece_decoder_from(const JsonField& field);
/// The whole file.
Result<TokenizerParts> tokenizer_parts_from(const JsonField& root);
/// The same of its bytes. Memory: less than 32 times as many.
Result<TokenizerParts> tokenizer_parts_of(std::span<const std::uint8_t> document);

}  // namespace pith
