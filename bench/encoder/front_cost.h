// What one prompt costs beside the encoder: tokenise, select, copy.
#pragma once

#include <cstddef>
#include <string>

#include "messages/result.h"

namespace pith::bench {

struct FrontCost {
  double cpu_s = 0.0;          ///< Of one prompt: the median of several.
  std::size_t num_pieces = 0;  ///< What the encoder would have read.
};

/// The English texts of tests/data one after the other until they have `num_pieces` in the
/// tokenizer of `folder`; keep_prob at random, rate 0.5. Errors: those of the tokenizer and the
/// stages.
Result<FrontCost> measure_front(const std::string& folder, std::size_t num_pieces);

/// The text of that length, for a bench that needs one. `seed` orders its sentences.
Result<std::string> english_text(const std::string& folder, std::size_t num_pieces, unsigned seed);

}  // namespace pith::bench
