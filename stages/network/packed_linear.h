// Linear layers for inference: weights packed once for the machine's own matrix product.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "stages/network/aligned_buffer.h"
#include "stages/network/precision.h"

namespace pith {

/// Working memory of one thread for all linear layers; grows to the widest and stays.
struct LinearMemory {
  AlignedBuffer<std::uint8_t> input;  ///< Rows in the product's number type.
  AlignedBuffer<std::int32_t> sums;
  AlignedBuffer<float> scale;
  AlignedBuffer<std::int32_t> zero;
  AlignedBuffer<std::uint8_t> scratch;
};

/// The compiled products of one shape, shared by all layers of that shape. Thread-safe.
class MatmulPlan {
 public:
  /// Rows that one product takes at most: with them a layer's widest activations stay in L2.
  static constexpr std::size_t kRowsMax = 128;

  /// Errors by exception (dnnl::error) when the CPU cannot do `precision`.
  MatmulPlan(std::size_t in, std::size_t out, Precision precision);
  ~MatmulPlan();

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<const Impl> impl_;
};

/// y = x weight^T + bias.  x [num_rows, in], weight [out, in], bias [out], y [num_rows, out].
///
/// kInt8: weights symmetric int8 per output channel (7 bits where the CPU's 16-bit sums would
/// overflow), x quantized per row, int32 sums. kBfloat16: both rounded, float32 sums.
class PackedLinear {
 public:
  PackedLinear(std::shared_ptr<const MatmulPlan> plan, std::span<const float> weight,
               std::span<const float> bias);
  PackedLinear(PackedLinear&&) noexcept;
  PackedLinear& operator=(PackedLinear&&) noexcept;
  ~PackedLinear();

  /// x and y must have room for num_rows rounded up to MatmulPlan::kRowsMax rows: those beyond are
  /// read and written. Each row's result depends on that row alone: on x86-64 bit for bit,
  /// elsewhere but for rounding.
  void forward(const float* x, std::size_t num_rows, LinearMemory& memory, float* y) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace pith
