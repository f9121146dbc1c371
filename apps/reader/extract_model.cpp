#include "apps/reader/extract_model.h"

#include <bit>

#include "apps/reader/extract_features.h"
#include "stages/model_files/tensor_files.h"
#include "stages/model_files/tensor_writer.h"

namespace pith {
namespace {

constexpr const char* kWeights = "word.weights";
constexpr const char* kRarity = "word.rarity";
constexpr const char* kRunCost = "run.cost";
constexpr const char* kFeatureSet = "feature.set";

}  // namespace

std::string extract_model_file(const std::string& folder) {
  return folder + "/extractor.safetensors";
}

Result<ExtractModel> read_extract_model(const std::string& folder) {
  const std::string path = extract_model_file(folder);
  const auto files = TensorFiles::open_file(path);
  if (!files) return files.error();
  const auto set = files->floats(kFeatureSet, std::vector<std::uint64_t>{1});
  if (!set) return set.error();
  if (set->front() != kExtractFeatureSet) {
    return Error{ErrorCode::kFileUnreadable,
                 path + ": trained by another version of pith: train it again"};
  }
  const TensorView* view = files->find(kWeights);
  if (view == nullptr || view->shape.size() != 1 || !std::has_single_bit(view->shape[0])) {
    return Error{ErrorCode::kFileUnreadable,
                 path + ": " + kWeights + " is not a row of 2^n numbers"};
  }
  auto weights = files->floats(kWeights, view->shape);
  if (!weights) return weights.error();
  auto rarity = files->floats(kRarity, std::vector<std::uint64_t>{WordRarity::kSize});
  if (!rarity) return rarity.error();
  const auto run_cost = files->floats(kRunCost, std::vector<std::uint64_t>{1});
  if (!run_cost) return run_cost.error();
  return ExtractModel{*std::move(weights), WordRarity(*std::move(rarity)), run_cost->front()};
}

Result<Done> write_extract_model(const std::string& folder, const ExtractModel& model) {
  const float run_cost[] = {model.run_cost};
  const float set[] = {kExtractFeatureSet};
  const TensorToWrite tensors[] = {
      {kWeights, {model.weights.size()}, model.weights, TensorType::kFloat16},
      {kRarity, {WordRarity::kSize}, model.rarity.numbers(), TensorType::kFloat32},
      {kRunCost, {1}, run_cost, TensorType::kFloat32},
      {kFeatureSet, {1}, set, TensorType::kFloat32}};
  return write_tensors(extract_model_file(folder), tensors, {});
}

}  // namespace pith
