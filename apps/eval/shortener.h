// A compressor under test: an order of words, cut at a number of the reader's tokens.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/eval/task_records.h"
#include "messages/result.h"
#include "stages/score/keep_policy.h"
#include "stages/select/budget.h"
#include "stages/tokenize/token_counter.h"

namespace pith {

/// A text at one rate.
struct Shortened {
  std::string text;
  std::vector<ByteSpan> kept;  ///< Of the original text, ascending.
  std::uint32_t tokens = 0;
  double select_us = 0.0;  ///< Choosing at this rate.
};

/// A text at all rates.
struct ShortenedTexts {
  std::vector<Shortened> at;  ///< [num_times]
  std::uint32_t origin_tokens = 0;
  double score_us = 0.0;  ///< Pieces and keep_prob, once for all rates.
};

/// Baselines and policies go the same way from keep_prob to text, so equal rates are equal.
/// Thread-safe; const after construction.
class Shortener {
 public:
  /// `policy`: of a policy and of self-information; else null. `name` is one of kBaselines or the
  /// policy's.
  Shortener(std::string name, std::shared_ptr<const KeepPolicy> policy, std::uint64_t seed)
      : name_(std::move(name)), policy_(std::move(policy)), seed_(seed) {}

  const std::string& name() const { return name_; }
  const KeepPolicy* policy() const { return policy_.get(); }

  /// Every word may go; the text at each rate is the longest that has at most origin_tokens / times
  /// tokens, but at least a word. Errors: as KeepPolicy::score.
  Result<ShortenedTexts> by_order(const TaskRecord& record, const std::vector<double>& times,
                                  const TokenCounter& reader, bool use_query) const;

  /// As `pith serve` would: structure, literals and names of files stay.
  Result<ShortenedTexts> protecting(const TaskRecord& record, const std::vector<double>& times,
                                    const std::shared_ptr<const TokenCounter>& reader,
                                    const std::string& models_dir, const Tokenizer& other_tokenizer,
                                    bool use_query) const;

 private:
  /// A policy's words are chosen as `pith serve` does; baselines are orders of their own.
  WordOrder word_order() const;
  Result<std::vector<float>> keep_prob(const TaskRecord& record, const TokenizedSegment& segment,
                                       bool use_query) const;

  std::string name_;
  std::shared_ptr<const KeepPolicy> policy_;
  std::uint64_t seed_;
};

}  // namespace pith
