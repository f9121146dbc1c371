// The result dictionary from what was kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stages/llmlingua2/options.h"
#include "stages/tokenize/token_counter.h"

namespace pith {

/// ratio, rate, saving, and the texts joined by an empty line.
Llmlingua2Result formatted_result(std::vector<std::string> compressed, std::uint64_t origin_tokens,
                                  const TokenCounter& counter);

/// "word label" after "word label".
class LabelLine {
 public:
  LabelLine(std::string word_sep, std::string label_sep)
      : word_sep_(std::move(word_sep)), label_sep_(std::move(label_sep)) {}
  void add(std::string_view word, bool kept);
  std::string take() { return std::move(line_); }

 private:
  std::string word_sep_;
  std::string label_sep_;
  std::string line_;
  bool empty_ = true;
};

}  // namespace pith
