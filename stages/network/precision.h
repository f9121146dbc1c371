// The number types of an encoder's matrix products.
#pragma once

#include <cstdint>
#include <string_view>

#include "messages/result.h"

namespace pith {

enum class Precision : std::uint8_t {
  kFloat32,
  kBfloat16,  ///< Matrix products in bfloat16, where the CPU has instructions for it.
  kInt8,      ///< Weights int8 per output channel, activations int8 per token; attention in
              ///< bfloat16 where the CPU has it; the rest float32.
};

/// "float32", "bfloat16", "int8". Errors: kInvalidArgument.
Result<Precision> parse_precision(std::string_view name);
std::string_view to_string(Precision precision);

/// AVX-512 BF16 (or what stands for it), and not forbidden by ONEDNN_MAX_CPU_ISA.
bool cpu_has_bfloat16();

}  // namespace pith
