// Who answers a prompt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "messages/result.h"

namespace pith {

struct ReaderAnswer {
  std::string text;
  std::int64_t latency_us = 0;  ///< Of the request that was answered, when it was made.
  std::int64_t prompt_tokens = 0, completion_tokens = 0;  ///< As the reader counts; 0: not told.
  bool cached = false;
};

/// One of the answers that a reader might give.
struct LikelyAnswer {
  std::string text;
  double chance = 1.0;  ///< Above 0; those of a prompt sum to 1.
};

/// Thread-safe.
class Reader {
 public:
  virtual ~Reader() = default;
  /// Errors: kPromptTooLong: this prompt is refused, others may be answered; kUnavailable: not
  /// answered after all attempts; kOverloaded: a ceiling is reached; kInvalidArgument: the reader
  /// refuses everything (key, model, URL); kStorageFailed: the cache.
  virtual Result<ReaderAnswer> answer(const std::string& prompt) = 0;
  /// Its answers with their chances, where it knows them; else the one answer. A reward that is the
  /// mean over them changes with every word of a text, not only where the answer turns over.
  virtual Result<std::vector<LikelyAnswer>> likely_answers(const std::string& prompt) {
    auto one = answer(prompt);
    if (!one) return one.error();
    return std::vector<LikelyAnswer>{{std::move(one->text), 1.0}};
  }
  /// Several, in their order.
  virtual std::vector<Result<ReaderAnswer>> answers(std::span<const std::string> prompts) {
    std::vector<Result<ReaderAnswer>> answers;
    for (const std::string& prompt : prompts) answers.push_back(answer(prompt));
    return answers;
  }
  /// How many prompts a call of `answers` should have: more than 1 where they cost less together.
  virtual std::size_t prompts_at_once() const { return 1; }
};

}  // namespace pith
