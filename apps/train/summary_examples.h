// Records as the decoder sees them in one epoch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "apps/reader/copy_hints.h"
#include "apps/train/summary_records.h"

namespace pith {

struct SummaryExampleOptions {
  std::size_t window = 512;        ///< Ids of text, query, marks and summary.
  std::size_t answer_pieces = 64;  ///< Longer summaries are cut.
  double deleted_share = 0.3;      ///< Of the texts: lose words, down to a sixth.
  double absent_share = 0.05;      ///< Of the texts: are not there at all.
  double text_share = 0.1;         ///< Of the text's pieces: are learned like the summary's.
  bool copy = true;                ///< Hints; false: the decoder alone.
};

/// Row rows[i] of `ids` should be followed by targets[i].
struct SummaryExample {
  std::vector<std::int32_t> ids;
  std::vector<std::uint32_t> rows;
  std::vector<std::int32_t> targets;
  std::vector<std::vector<CopyHint>> hints;  ///< [number of rows]
  std::size_t num_summary = 0;               ///< Rows of the summary: the last ones.
};

/// Every draw follows from `seed`.
SummaryExample summary_example(const SummaryPieces& pieces, const SummaryRecord& record,
                               const SummaryExampleOptions& options, std::uint64_t seed);

}  // namespace pith
