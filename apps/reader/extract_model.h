// A trained extractive reader: its folder.
#pragma once

#include <string>
#include <vector>

#include "apps/reader/span_match.h"
#include "messages/result.h"

namespace pith {

struct ExtractModel {
  std::vector<float> weights;  ///< A power of two of them.
  WordRarity rarity;
  float run_cost = 3.0F;  ///< ChoiceOptions::run_cost.
};

/// The file of a folder: "word.weights", "word.rarity", "run.cost" and "feature.set".
std::string extract_model_file(const std::string& folder);
/// Errors: kFileUnreadable, naming file and tensor; weights of other features.
Result<ExtractModel> read_extract_model(const std::string& folder);
/// Weights as float16. Errors: kStorageFailed.
Result<Done> write_extract_model(const std::string& folder, const ExtractModel& model);

}  // namespace pith
