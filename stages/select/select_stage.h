// Stage: keep_prob and constraints to kept bytes.
#pragma once

#include <string_view>
#include <vector>

#include "messages/compress.h"
#include "stages/select/budget.h"
#include "stages/tokenize/tokenized_prompt.h"

namespace pith {

/// Chooses what one segment keeps. Pure: equal arguments give equal spans. Never throws, never
/// logs. Lossless cuts are taken first, then the unprotected words of least value (keep_prob and
/// tokens, word_value.h; with options.threshold: of least keep_prob) until the dial is met: the
/// achieved rate is within one word of the target, or `notes` says why not. Falls back to the whole
/// text when the result would be empty, not shorter, or gain less than min_gain. keep_prob:
/// [num_words of segment]. `order` kByScore: words go by keep_prob alone, for comparison.
SegmentReply select_words(std::string_view text, SegmentKind kind, const TokenizedSegment& segment,
                          const std::vector<float>& keep_prob, const TokenCounter& reader,
                          const CompressOptions& options, WordOrder order = WordOrder::kByValue);

}  // namespace pith
