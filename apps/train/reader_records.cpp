#include "apps/train/reader_records.h"

#include <simdjson.h>

#include <algorithm>

#include "apps/train/jsonl_reader.h"
#include "apps/train/text_corpus.h"
#include "stages/network/counter_random.h"
#include "stages/tokenize/word.h"

namespace pith {
namespace {

Error wrong(const char* what) {
  return Error{ErrorCode::kInvalidArgument, std::string("questions: ") + what};
}

Result<ReaderRecord> record_of(simdjson::dom::element json) {
  ReaderRecord record;
  std::string_view text;
  std::string_view question;
  simdjson::dom::array answers;
  if (json["context"].get(text) != simdjson::SUCCESS ||
      json["question"].get(question) != simdjson::SUCCESS ||
      json["answers"].get(answers) != simdjson::SUCCESS) {
    return wrong("context, question or answers missing or of another type");
  }
  record.text = text;
  record.question = question;
  for (const auto& [key, into] :
       {std::pair{"lang", &record.lang}, std::pair{"source", &record.source}}) {
    std::string_view value;
    if (json[key].get(value) == simdjson::SUCCESS) *into = value;
  }
  for (const simdjson::dom::element answer : answers) {
    std::string_view value;
    if (answer.get(value) != simdjson::SUCCESS) return wrong("an answer is no string");
    record.answers.emplace_back(value);
  }
  // PubMedQA's verdicts come with a long answer beside them.
  if (!record.answers.empty() &&
      question_kind(std::span(record.answers).first(1)) == QuestionKind::kYesNo) {
    record.answers.resize(1);
  }
  record.kind = question_kind(record.answers);
  return record;
}

}  // namespace

Result<std::vector<ReaderRecord>> read_reader_records(const std::string& path,
                                                      const RecordFilter& filter) {
  std::vector<ReaderRecord> records;
  simdjson::dom::parser parser;
  const auto read = for_each_line(path, [&](std::string_view line) -> Result<Done> {
    simdjson::dom::element json;
    if (parser.parse(line.data(), line.size()).get(json) != simdjson::SUCCESS) {
      return wrong("not JSON");
    }
    auto record = record_of(json);
    if (!record) return record.error();
    const auto& languages = filter.languages;
    if (source_matches(record->source, filter.leave_out_sources) ||
        (!languages.empty() && std::ranges::find(languages, record->lang) == languages.end())) {
      return Done{};
    }
    records.push_back(*std::move(record));
    return Done{};
  });
  if (!read) return read.error();
  return records;
}

std::vector<ByteSpan> answer_places(std::string_view text, std::span<const std::string> answers) {
  constexpr std::size_t kMost = 40;
  std::vector<ByteSpan> places;
  for (const std::string& answer : answers) {
    if (answer.empty()) continue;
    for (std::size_t at = text.find(answer); at != std::string_view::npos && places.size() < kMost;
         at = text.find(answer, at + 1)) {
      places.push_back(
          {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + answer.size())});
    }
  }
  return places;
}

std::string delete_words(std::string_view text, double share, std::span<const ByteSpan> always,
                         std::uint64_t seed) {
  std::string kept;
  std::uint64_t place = 0;
  for (const Word& word : split_words(text, {0, static_cast<std::uint32_t>(text.size())})) {
    const bool stays = uniform_number(seed, place++) < share ||
                       std::ranges::any_of(always, [&](const ByteSpan& span) {
                         return word.begin < span.end && span.begin < word.text_end;
                       });
    if (stays) kept += text.substr(word.begin, word.end - word.begin);
  }
  return kept;
}

}  // namespace pith
