// A trained span reader: its folder.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/reader/span_match.h"
#include "messages/result.h"

namespace pith {

struct SpanModel {
  std::vector<float> weights;  ///< A power of two of them.
  WordRarity rarity;
  float unanswerable_bias = 0;
};

/// `folder`/reader.safetensors: "span.weights", "word.rarity", "unanswerable.bias" and
/// "feature.set". Errors: kFileUnreadable, naming file and tensor; weights of other features.
Result<SpanModel> read_span_model(const std::string& folder);
/// Weights as float16. Errors: kStorageFailed.
Result<Done> write_span_model(const std::string& folder, const SpanModel& model);

}  // namespace pith
