// Writing *.safetensors.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "messages/result.h"
#include "stages/model_files/tensor_header.h"

namespace pith {

/// A tensor to be written from floats, as kFloat32, kFloat16 or kBfloat16 (rounded to nearest
/// even).
struct TensorToWrite {
  std::string name;
  std::vector<std::uint64_t> shape;
  std::span<const float> numbers;
  TensorType type = TensorType::kFloat32;
};

/// Replaces `path` as a whole: a new file beside it, synced to disk, renamed. Whoever reads sees
/// the old file or the new one, also after a crash. `metadata` becomes "__metadata__". Errors:
/// kStorageFailed.
Result<Done> write_tensors(const std::string& path, std::span<const TensorToWrite> tensors,
                           const std::map<std::string, std::string>& metadata);

}  // namespace pith
