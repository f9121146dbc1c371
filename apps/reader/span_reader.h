// A built-in reader of questions: answers with a span of the text, yes, no, maybe, or refuses.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/reader/reader.h"
#include "apps/reader/span_model.h"

namespace pith {

struct SpanReading;

struct SpanQuery {
  std::string_view text, question;  ///< No text: answers without one.
};

/// The parts of a prompt that ends in "Question: ..." and "Answer:", with or without "Context:"
/// before: what `pith eval` asks of questions. Errors: kPromptTooLong: no such prompt.
Result<SpanQuery> parse_question_prompt(std::string_view prompt);

/// Costs no request; const, lock-free.
class SpanReader final : public Reader {
 public:
  /// A folder of `pith train reader`. Errors: kFileUnreadable.
  static Result<std::unique_ptr<SpanReader>> open(const std::string& folder);
  explicit SpanReader(SpanModel model) : model_(std::move(model)) {}

  Result<ReaderAnswer> answer(const std::string& prompt) override;
  /// The sixteen most likely under the scores' softmax.
  Result<std::vector<LikelyAnswer>> likely_answers(const std::string& prompt) override;
  using Reader::answers;
  /// On the caller's thread, one answer a query; texts may come with different questions.
  std::vector<std::string> answers(std::span<const SpanQuery> queries) const;

 private:
  void read(const SpanQuery& query, SpanReading& reading) const;

  SpanModel model_;
};

}  // namespace pith
