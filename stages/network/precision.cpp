#include "stages/network/precision.h"

#include <array>
#include <dnnl.hpp>
#include <string>

namespace pith {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"float32", "bfloat16", "int8"};

}  // namespace

Result<Precision> parse_precision(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (name == kNames[i]) return static_cast<Precision>(i);
  }
  return Error{ErrorCode::kInvalidArgument,
               "must be float32, bfloat16 or int8, not " + std::string(name)};
}

std::string_view to_string(Precision precision) {
  return kNames[static_cast<std::size_t>(precision)];
}

bool cpu_has_bfloat16() {
#if defined(__x86_64__)
  static const bool has = [] {
    const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
    const auto wanted = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
    return (isa & wanted) == wanted && __builtin_cpu_supports("avx512bf16") != 0;
  }();
  return has;
#else
  return false;
#endif
}

}  // namespace pith
