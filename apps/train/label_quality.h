// How well a policy's ranking of words agrees with annotated labels.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "messages/result.h"

namespace pith {

/// Area under the ROC curve: the chance that a positive word has a higher score than a negative
/// one, ties counted half. 0.5 when one of the classes is empty. Sizes equal.
double area_under_curve(std::span<const float> scores, std::span<const std::uint8_t> positive);

/// Of the `k` positive words of a text, the share that is among its k words of highest score; k =
/// number of positive words. Ties go to the earlier word.
double overlap_at_label_rate(std::span<const float> scores, std::span<const std::uint8_t> positive);

/// Reads {"text", "words": [[begin, end], ...], "labels": [0, 1 or 2, ...], "lang", "source"}
/// records, scores them with the policy, and prints: AUC of keep (label >= 1) and core (label 2)
/// over all words of all texts, by aggregation of pieces (sum, mean), of raw surprisal and of its
/// rank within the text; overlap with the annotated words; the same for random scores; by language.
/// Errors: kFileUnreadable, kInvalidArgument.
Result<Done> print_label_quality(const std::string& policy_path, const std::string& labels_path,
                                 const std::function<void(const std::string&)>& print);

}  // namespace pith
