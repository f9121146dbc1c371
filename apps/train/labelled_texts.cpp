#include "apps/train/labelled_texts.h"

#include <simdjson.h>

#include "apps/train/jsonl_reader.h"
#include "apps/train/text_corpus.h"

namespace pith {
namespace {

Result<LabelledText> labelled_text(simdjson::dom::element record) {
  const auto wrong = [](const char* what) {
    return Error{ErrorCode::kInvalidArgument, std::string("labels: ") + what};
  };
  LabelledText labelled;
  std::string_view text;
  simdjson::dom::array words;
  simdjson::dom::array labels;
  if (record["text"].get(text) != simdjson::SUCCESS ||
      record["words"].get(words) != simdjson::SUCCESS ||
      record["labels"].get(labels) != simdjson::SUCCESS || words.size() != labels.size() ||
      words.size() == 0) {
    return wrong("text, words or labels missing, empty, or of different length");
  }
  labelled.text = text;
  for (const auto& [key, into] :
       {std::pair{"lang", &labelled.lang}, std::pair{"source", &labelled.source}}) {
    std::string_view value;
    if (record[key].get(value) == simdjson::SUCCESS) *into = value;
  }
  std::uint64_t before = 0;
  for (const simdjson::dom::element word : words) {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    if (word.at(0).get(begin) != simdjson::SUCCESS || word.at(1).get(end) != simdjson::SUCCESS ||
        begin < before || end <= begin || end > text.size()) {
      return wrong("words are not ascending ranges of the text");
    }
    before = end;
    labelled.words.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
  }
  for (const simdjson::dom::element element : labels) {
    std::uint64_t label = 0;
    if (element.get(label) != simdjson::SUCCESS || label > 2) {
      return wrong("a label is not 0, 1, 2");
    }
    labelled.labels.push_back(static_cast<KeepLabel>(label));
  }
  return labelled;
}

}  // namespace

Result<LabelledText> parse_labelled_text(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element record;
  if (parser.parse(json.data(), json.size()).get(record) != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalidArgument, "labels: not JSON"};
  }
  return labelled_text(record);
}

Result<std::vector<LabelledText>> read_labelled_texts(
    const std::string& path, const std::vector<std::string>& leave_out_sources) {
  std::vector<LabelledText> texts;
  const Result<Done> read = for_each_line(path, [&](std::string_view line) -> Result<Done> {
    auto text = parse_labelled_text(line);
    if (!text) return text.error();
    if (!source_matches(text->source, leave_out_sources)) texts.push_back(*std::move(text));
    return Done{};
  });
  if (!read) return read.error();
  return texts;
}

}  // namespace pith
