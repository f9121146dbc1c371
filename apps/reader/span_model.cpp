#include "apps/reader/span_model.h"

#include <bit>

#include "apps/reader/span_features.h"
#include "stages/model_files/tensor_files.h"
#include "stages/model_files/tensor_writer.h"

namespace pith {
namespace {

constexpr const char* kWeights = "span.weights";
constexpr const char* kRarity = "word.rarity";
constexpr const char* kBias = "unanswerable.bias";
constexpr const char* kFeatureSet = "feature.set";

std::string path_in(const std::string& folder) { return folder + "/reader.safetensors"; }

}  // namespace

Result<SpanModel> read_span_model(const std::string& folder) {
  const auto files = TensorFiles::open_file(path_in(folder));
  if (!files) return files.error();
  const auto set = files->floats(kFeatureSet, std::vector<std::uint64_t>{1});
  if (!set) return set.error();
  if (set->front() != kSpanFeatureSet) {
    return Error{ErrorCode::kFileUnreadable,
                 path_in(folder) + ": trained by another version of pith: train it again"};
  }
  const TensorView* view = files->find(kWeights);
  if (view == nullptr || view->shape.size() != 1 || !std::has_single_bit(view->shape[0])) {
    return Error{ErrorCode::kFileUnreadable,
                 path_in(folder) + ": " + kWeights + " is not a row of 2^n numbers"};
  }
  auto weights = files->floats(kWeights, view->shape);
  if (!weights) return weights.error();
  auto rarity = files->floats(kRarity, std::vector<std::uint64_t>{WordRarity::kSize});
  if (!rarity) return rarity.error();
  const auto bias = files->floats(kBias, std::vector<std::uint64_t>{1});
  if (!bias) return bias.error();
  return SpanModel{*std::move(weights), WordRarity(*std::move(rarity)), bias->front()};
}

Result<Done> write_span_model(const std::string& folder, const SpanModel& model) {
  const float bias[] = {model.unanswerable_bias};
  const float set[] = {kSpanFeatureSet};
  const TensorToWrite tensors[] = {
      {kWeights, {model.weights.size()}, model.weights, TensorType::kFloat16},
      {kRarity, {WordRarity::kSize}, model.rarity.numbers(), TensorType::kFloat32},
      {kBias, {1}, bias, TensorType::kFloat32},
      {kFeatureSet, {1}, set, TensorType::kFloat32}};
  return write_tensors(path_in(folder), tensors, {});
}

}  // namespace pith
