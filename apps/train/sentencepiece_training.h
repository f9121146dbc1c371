// Training a SentencePiece vocabulary for Pith's own policies.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "messages/result.h"

namespace pith {

struct VocabularyOptions {
  std::uint32_t vocab_size = 8000;
  double character_coverage = 0.9995;  ///< Rarer characters are spelled in bytes.
  bool sentence_marks = false;  ///< "<s>" and "</s>" behind "<unk>", as XLM-R's models have them.
};

/// A serialised unigram SentencePiece model with byte fallback and single digits. Blanks of every
/// kind become one blank, full-width letters and curly quotes become plain ones. Same sentences in
/// the same order, same bytes. The vocabulary is smaller than asked when the sentences do not hold
/// enough. Errors: kInvalidArgument.
Result<std::string> train_sentencepiece(const std::vector<std::string>& sentences,
                                        const VocabularyOptions& options);

}  // namespace pith
