// Orders that a policy must beat: each gives every word a keep_prob, as a policy does.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "apps/eval/task_records.h"
#include "stages/tokenize/word.h"

namespace pith {

inline constexpr std::array<std::string_view, 5> kBaselines = {"random", "head", "head+tail",
                                                               "self-information", "oracle"};

/// Uniform; the same for the same seed and text.
std::vector<float> random_order(std::string_view text, std::size_t num_words, std::uint64_t seed);
/// The first words first.
std::vector<float> head_order(std::size_t num_words);
/// From both ends inwards.
std::vector<float> head_and_tail_order(std::size_t num_words);
/// Sees what should come out: words of the gold answers first, then those near them, and of qa
/// those of and near the question's. Not a bound: a reader may need other words. Of labels: by
/// label.
std::vector<float> oracle_order(const TaskRecord& record, const std::vector<Word>& words);

}  // namespace pith
