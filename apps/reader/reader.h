// Who answers a prompt.
#pragma once

#include <cstdint>
#include <string>

#include "messages/result.h"

namespace pith {

struct ReaderAnswer {
  std::string text;
  std::int64_t latency_us = 0;  ///< Of the request that was answered, when it was made.
  std::int64_t prompt_tokens = 0, completion_tokens = 0;  ///< As the reader counts; 0: not told.
  bool cached = false;
};

/// Thread-safe.
class Reader {
 public:
  virtual ~Reader() = default;
  /// Errors: kPromptTooLong: this prompt is refused, others may be answered; kUnavailable: not
  /// answered after all attempts; kOverloaded: a ceiling is reached; kInvalidArgument: the reader
  /// refuses everything (key, model, URL); kStorageFailed: the cache.
  virtual Result<ReaderAnswer> answer(const std::string& prompt) = 0;
};

}  // namespace pith
