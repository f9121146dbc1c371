// Whatever bytes a *.safetensors file or its index holds: an error, or tensors that lie in the
// file. What the reader holds is bounded by the file's size. Run with
//   bin/safetensors_fuzz -malloc_limit_mb=64 -rss_limit_mb=512 NEW_FOLDER
//   tests/fuzz/corpus/safetensors
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "stages/model_files/tensor_files.h"
#include "tests/fuzz/allocation_watch.h"

namespace pith {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void require_field(const Error& error) {
  require(error.code == ErrorCode::kFileUnreadable &&
          error.detail.find(": ") != std::string::npos && error.detail.size() < 1000);
}

void check(const TensorMap& tensors, std::span<const std::uint8_t> file) {
  std::size_t bytes = 0;
  for (const auto& [name, view] : tensors) {
    require(view.bytes.data() >= file.data() &&
            view.bytes.data() + view.bytes.size() <= file.data() + file.size());
    bytes += view.bytes.size();
    require(bytes <= file.size());
    const std::size_t size = view.type == TensorType::kFloat32 ? 4 : 2;
    if (view.type > TensorType::kBfloat16) continue;
    require(num_elements(view.shape) == view.bytes.size() / size);
    std::vector<float> values(view.bytes.size() / size);
    widen(view, 0, values);
  }
}

}  // namespace
}  // namespace pith

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy with nothing behind it: the sanitizer sees one byte too far.
  const std::vector<std::uint8_t> file(data, data + size);
  constexpr std::ptrdiff_t kErrorText = 4096;
  const auto bytes = static_cast<std::ptrdiff_t>(size);
  pith::allocation_watch::begin();
  const auto tensors = pith::tensors_of(file);
  pith::require(pith::allocation_watch::peak <= 8 * bytes + kErrorText);
  if (tensors) {
    pith::check(*tensors, file);
  } else {
    pith::require_field(tensors.error());
  }
  pith::allocation_watch::begin();
  const auto weights = pith::weight_map_of(file);
  pith::require(pith::allocation_watch::peak <= 16 * bytes + kErrorText);
  if (!weights) {
    pith::require_field(weights.error());
    return 0;
  }
  for (const auto& [tensor, name] : *weights) {
    pith::require(!name.empty() && name.front() != '.' && name.find('/') == std::string::npos);
  }
  return 0;
}
