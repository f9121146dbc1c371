#include "apps/train/summary_labels.h"

#include <set>
#include <string_view>
#include <utility>

#include "apps/reader/span_words.h"
#include "stages/network/counter_random.h"
#include "stages/reward/metrics/survival.h"

namespace pith {
namespace {

constexpr std::size_t kPrefix = 4;

/// What a word can have in common with one of a summary.
struct Likenesses {
  std::set<std::string> stems, prefixes;

  explicit Likenesses(std::string_view summary) {
    for (const std::string& word : content_words(summary)) {
      stems.insert(english_stem(word));
      if (word.size() >= kPrefix) prefixes.insert(word.substr(0, kPrefix));
    }
  }

  bool have(std::string_view word) const {
    for (const std::string& part : plain_words(word)) {
      if (stems.contains(english_stem(part))) return true;
      if (part.size() >= kPrefix && prefixes.contains(part.substr(0, kPrefix))) return true;
    }
    return false;
  }
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

LabelledText labelled_by_summary(const SummaryRecord& record) {
  LabelledText labelled;
  labelled.text = record.text;
  labelled.source = record.source;
  const Likenesses wanted(record.summary);
  const std::string& text = labelled.text;
  for (std::size_t begin = 0; begin < text.size();) {
    if (is_blank(text[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < text.size() && !is_blank(text[end])) ++end;
    labelled.words.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
    const bool said = wanted.have(std::string_view(text).substr(begin, end - begin));
    labelled.labels.push_back(static_cast<KeepLabel>(said ? 2 : 0));
    begin = end;
  }
  return labelled;
}

Result<std::vector<LabelledText>> read_summary_labels(const SummaryLabelOptions& options) {
  std::vector<LabelledText> texts;
  std::uint64_t index = 0;
  for (const std::string& path : options.data) {
    const auto records = read_summary_records(path, options.leave_out_sources);
    if (!records) return records.error();
    for (const SummaryRecord& record : *records) {
      if (uniform_number(options.seed, index++) >= options.share) continue;
      LabelledText labelled = labelled_by_summary(record);
      if (!labelled.words.empty()) texts.push_back(std::move(labelled));
    }
  }
  return texts;
}

}  // namespace pith
