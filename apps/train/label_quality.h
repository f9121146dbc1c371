// How well a policy's ranking of words agrees with annotated labels.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/result.h"

namespace pith {

/// Area under the ROC curve: the chance that a positive word has a higher score than a negative
/// one, ties counted half. 0.5 when one of the classes is empty. Sizes equal.
double area_under_curve(std::span<const float> scores, std::span<const std::uint8_t> positive);

/// Of the `k` positive words of a text, the share that is among its k words of highest score; k =
/// number of positive words. Ties go to the earlier word.
double overlap_at_label_rate(std::span<const float> scores, std::span<const std::uint8_t> positive);

/// One way of scoring against the labels. AUC over all words of all texts.
struct QualityRow {
  std::string name;
  std::size_t num_words = 0;
  double auc_keep = 0.0, auc_core = 0.0;
  double overlap_keep = 0.0, overlap_core = 0.0;
};

struct LabelQuality {
  std::string policy_name, policy_id;
  std::uint64_t num_texts = 0;
  std::vector<QualityRow> rows;
  /// One must have that name.
  const QualityRow& row(std::string_view name) const;
};

/// Reads {"text", "words": [[begin, end], ...], "labels": [0, 1 or 2, ...], "lang", "source"}
/// records and scores them with the policy. Keep is label >= 1, core label 2. Rows: the policy's
/// "keep_prob"; raw surprisal and its rank within the text, by aggregation of pieces (sum, mean);
/// "random"; keep_prob by language. Errors: kFileUnreadable, kInvalidArgument.
Result<LabelQuality> label_quality(const std::string& policy_path, const std::string& labels_path);

/// The same as a table.
Result<Done> print_label_quality(const std::string& policy_path, const std::string& labels_path,
                                 const std::function<void(const std::string&)>& print);

}  // namespace pith
