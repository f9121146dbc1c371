// ROUGE (Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries"), as the package
// rouge-score computes it with its default tokenizer and without stemming.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pith {

/// F-measures with beta = 1, each in [0, 1]. rouge_l takes the whole text as one sequence.
struct RougeScore {
  double rouge_1 = 0.0;
  double rouge_2 = 0.0;
  double rouge_l = 0.0;
};

/// Lower case, then runs of a-z and 0-9. Text without such letters has no words.
std::vector<std::string> rouge_words(std::string_view text);

RougeScore rouge(std::string_view candidate, std::string_view reference);

}  // namespace pith
