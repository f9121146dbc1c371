// Prompts for the tests of select: a segment with its words and made-up keep_prob.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stages/select/select_stage.h"

namespace pith::testing {

/// The reader that the tests count with, loaded once.
const TokenCounter& o200k();

TokenizedSegment make_segment(std::string_view text, SegmentKind kind,
                              const CompressOptions& options, const TokenCounter& reader = o200k());

/// Deterministic, different per word and occurrence: long words a little higher.
std::vector<float> made_up_probs(std::string_view text, const TokenizedSegment& segment,
                                 std::uint32_t seed = 1);

/// A whole compression with made-up probabilities.
struct Compressed {
  SegmentReply reply;
  std::string text;
};
Compressed compress(std::string_view text, const CompressOptions& options,
                    SegmentKind kind = SegmentKind::kToolResult, std::uint32_t seed = 1);

CompressOptions at_rate(float rate);
/// A threshold that no word reaches: what is kept is what has to be.
CompressOptions all_that_may_go();

/// All *.txt of tests/data/select.
std::vector<std::pair<std::string, std::string>> sample_files();

}  // namespace pith::testing
