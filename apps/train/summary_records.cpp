#include "apps/train/summary_records.h"

#include <simdjson.h>

#include "apps/train/jsonl_reader.h"
#include "apps/train/text_corpus.h"

namespace pith {
namespace {

Result<SummaryRecord> record_of(simdjson::dom::element json) {
  SummaryRecord record;
  std::string_view value;
  if (json["code"].get(value) != simdjson::SUCCESS &&
      json["transcript"].get(value) != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalidArgument, "summaries: neither code nor transcript, as text"};
  }
  record.text = value;
  if (json["summary"].get(value) != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalidArgument, "summaries: summary missing or no text"};
  }
  record.summary = value;
  if (json["query"].get(value) == simdjson::SUCCESS) record.query = value;
  if (json["source"].get(value) == simdjson::SUCCESS) record.source = value;
  return record;
}

}  // namespace

Result<std::vector<SummaryRecord>> read_summary_records(
    const std::string& path, const std::vector<std::string>& leave_out_sources) {
  std::vector<SummaryRecord> records;
  simdjson::dom::parser parser;
  const auto read = for_each_line(path, [&](std::string_view line) -> Result<Done> {
    simdjson::dom::element json;
    if (parser.parse(line.data(), line.size()).get(json) != simdjson::SUCCESS) {
      return Error{ErrorCode::kInvalidArgument, "summaries: not JSON"};
    }
    auto record = record_of(json);
    if (!record) return record.error();
    if (!record->summary.empty() && !source_matches(record->source, leave_out_sources)) {
      records.push_back(*std::move(record));
    }
    return Done{};
  });
  if (!read) return read.error();
  return records;
}

}  // namespace pith
