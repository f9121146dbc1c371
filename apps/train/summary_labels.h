// Texts without annotation that have a summary: what it says of them stands in for labels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/train/labelled_texts.h"
#include "apps/train/summary_records.h"
#include "messages/result.h"

namespace pith {

struct SummaryLabelOptions {
  std::vector<std::string> data;  ///< Records of read_summary_records.
  std::vector<std::string> leave_out_sources;
  double share = 0.04;  ///< Of the records, drawn.
  std::uint64_t seed = 1;
};

/// Words are runs of non-blank bytes. 2 where a part of the word (plain_words: cut at signs and in
/// camelCase) has the English stem of a content word of the summary, or its first four letters;
/// else 0. So `git log --max-count` is 0, 2, 2 for "Show the log up to a count of entries".
LabelledText labelled_by_summary(const SummaryRecord& record);

/// Empty without data. Errors: as read_summary_records.
Result<std::vector<LabelledText>> read_summary_labels(const SummaryLabelOptions& options);

}  // namespace pith
