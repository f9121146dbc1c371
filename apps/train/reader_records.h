// Questions about texts, with answers: what a span reader is trained on.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"
#include "messages/result.h"
#include "stages/reward/metrics/answer_score.h"

namespace pith {

struct ReaderRecord {
  std::string text, question, lang, source;
  std::vector<std::string> answers;  ///< Of a yes/no question only its verdict.
  QuestionKind kind = QuestionKind::kSpan;
};

struct RecordFilter {
  std::vector<std::string> languages;          ///< Empty: all.
  std::vector<std::string> leave_out_sources;  ///< NAME or PREFIX*.
};

/// JSON lines {"context", "question", "answers"}, "lang" and "source" may be missing. Errors:
/// kFileUnreadable, kInvalidArgument with line and field.
Result<std::vector<ReaderRecord>> read_reader_records(const std::string& path,
                                                      const RecordFilter& filter);

/// Where `answers` stand in `text`, to the letter: at most 40 places.
std::vector<ByteSpan> answer_places(std::string_view text, std::span<const std::string> answers);

/// `text` with about `share` of its words, each drawn alone by `seed`; words that touch `always`
/// stay.
std::string delete_words(std::string_view text, double share, std::span<const ByteSpan> always,
                         std::uint64_t seed);

}  // namespace pith
