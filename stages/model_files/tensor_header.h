// The bytes of a *.safetensors file, and those of the index of several.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "messages/result.h"

namespace pith {

enum class TensorType : std::uint8_t {
  kFloat32,
  kFloat16,
  kBfloat16,
  kInt8,
  kInt32,
  kInt64,
  kUint8,
  kOther
};

/// A tensor where it lies in the mapped file: row-major, little-endian, aligned to nothing.
struct TensorView {
  TensorType type = TensorType::kOther;
  std::vector<std::uint64_t> shape;
  std::span<const std::uint8_t> bytes;
};

using TensorMap = std::map<std::string, TensorView, std::less<>>;

/// Dimensions of a tensor, at most.
inline constexpr std::size_t kTensorRankMax = 16;

/// The tensors of `file`: 8 bytes little-endian length of the header, the header (JSON, blanks
/// behind it), the data. The data is covered by the tensors without a gap or an overlap, and each
/// has as many bytes as its shape says. Memory: less than eight times the header, which lies within
/// the file. Errors: kFileUnreadable, naming field or tensor.
Result<TensorMap> tensors_of(std::span<const std::uint8_t> file);

/// Tensor name -> name of the file that holds it, as model.safetensors.index.json's "weight_map"
/// says: a plain name, nothing that leads out of the folder. Memory: less than 16 times the
/// document. Errors: kFileUnreadable, naming the field.
Result<std::map<std::string, std::string, std::less<>>> weight_map_of(
    std::span<const std::uint8_t> document);

/// Product of the dimensions, if 64 bits hold it.
std::optional<std::uint64_t> num_elements(std::span<const std::uint64_t> shape);

}  // namespace pith
