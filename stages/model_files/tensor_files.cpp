#include "stages/model_files/tensor_files.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <filesystem>
#include <utility>

#include "stages/model_files/json_text.h"

namespace pith {
namespace {

constexpr std::uint64_t kFileBytesMax = std::uint64_t{1} << 42U;
constexpr std::uint64_t kIndexBytesMax = std::uint64_t{64} << 20U;

Error unreadable(const std::string& path, const std::string& what) {
  return {ErrorCode::kFileUnreadable, path + ": " + what};
}

bool exists(const std::string& path) {
  std::error_code failed;
  return std::filesystem::exists(path, failed);
}

bool is_read_as_float(TensorType type) {
  return type == TensorType::kFloat32 || type == TensorType::kFloat16 ||
         type == TensorType::kBfloat16;
}

std::string text_of(std::span<const std::uint64_t> shape) {
  std::string text = "[";
  for (const std::uint64_t dimension : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(dimension);
  }
  return text + "]";
}

bool all_finite(std::span<const float> values) {
  // Without a branch a number: a large model has half a billion.
  constexpr std::uint32_t kExponent = 0x7F80'0000U;
  std::uint32_t not_finite = 0;
  for (const float value : values) {
    not_finite |= (std::bit_cast<std::uint32_t>(value) & kExponent) == kExponent ? 1U : 0U;
  }
  return not_finite == 0;
}

}  // namespace

Result<TensorFiles> TensorFiles::open_file(const std::string& path) {
  auto file = MappedFile::open(path, kFileBytesMax);
  if (!file) return file.error();
  auto tensors = tensors_of(file->bytes());
  if (!tensors) return unreadable(path, tensors.error().detail);
  TensorFiles out;
  out.where_ = path;
  out.files_.push_back(*std::move(file));
  out.paths_.push_back(path);
  out.tensors_ = *std::move(tensors);
  return out;
}

Result<TensorFiles> TensorFiles::open_folder(const std::string& folder) {
  const std::string single = folder + "/model.safetensors";
  if (exists(single)) return open_file(single);
  if (exists(folder + "/model.safetensors.index.json")) return open_index(folder);
  if (exists(folder + "/pytorch_model.bin") || exists(folder + "/pytorch_model.bin.index.json")) {
    return unreadable(single,
                      "no such file; pytorch_model.bin is not read: save the model in "
                      "safetensors format");
  }
  return unreadable(single, "no such file");
}

Result<TensorFiles> TensorFiles::open_index(const std::string& folder) {
  const std::string path = folder + "/model.safetensors.index.json";
  const auto index = MappedFile::open(path, kIndexBytesMax);
  if (!index) return index.error();
  const auto weights = weight_map_of(index->bytes());
  if (!weights) return unreadable(path, weights.error().detail);

  TensorFiles out;
  out.where_ = folder;
  std::vector<std::string_view> names;
  names.reserve(weights->size());
  for (const auto& [tensor, file] : *weights) names.push_back(file);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::map<std::string_view, TensorMap> parts;
  for (const std::string_view name : names) {
    auto part = open_file(folder + "/" + std::string(name));
    if (!part) return part.error();
    out.files_.push_back(std::move(part->files_.front()));
    out.paths_.push_back(std::move(part->paths_.front()));
    parts.emplace(name, std::move(part->tensors_));
  }
  for (const auto& [tensor, file] : *weights) {
    // What a file holds besides what the index says of it stays unread.
    auto found = parts.find(file)->second.extract(tensor);
    if (found.empty()) {
      return unreadable(
          path, "weight_map." + printable_name(tensor) + ": not in " + printable_name(file));
    }
    out.tensors_.insert(std::move(found));
  }
  return out;
}

const TensorView* TensorFiles::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

const std::string& TensorFiles::path_of(const TensorView& view) const {
  const std::less_equal<> not_behind;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const auto bytes = files_[i].bytes();
    if (not_behind(bytes.data(), view.bytes.data()) &&
        not_behind(view.bytes.data(), bytes.data() + bytes.size())) {
      return paths_[i];
    }
  }
  return where_;
}

Result<TensorView> TensorFiles::view(std::string_view name,
                                     std::span<const std::uint64_t> shape) const {
  const TensorView* const found = find(name);
  const std::string printable = printable_name(name);
  if (found == nullptr) return unreadable(where_, printable + ": no such tensor");
  if (!std::equal(found->shape.begin(), found->shape.end(), shape.begin(), shape.end())) {
    return unreadable(path_of(*found), printable + ".shape: " + text_of(found->shape) +
                                           " where config.json says " + text_of(shape));
  }
  if (!is_read_as_float(found->type)) {
    return unreadable(path_of(*found), printable + ".dtype: not F32, F16 or BF16");
  }
  return *found;
}

Result<std::vector<float>> TensorFiles::floats(std::string_view name,
                                               std::span<const std::uint64_t> shape) const {
  const auto found = view(name, shape);
  if (!found) return found.error();
  // Its bytes are there: the shape has been compared with them.
  std::vector<float> values(*num_elements(shape));
  widen(*found, 0, values);
  if (!all_finite(values)) {
    return unreadable(path_of(*found), printable_name(name) + ": a number that is not finite");
  }
  return values;
}

}  // namespace pith
