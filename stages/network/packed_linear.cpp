#include "stages/network/packed_linear.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <dnnl.hpp>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "stages/network/layers/quantize.h"
#include "stages/network/one_thread.h"

namespace pith {
namespace {

using dnnl::matmul;
using dnnl::memory;
using Dims = memory::dims;
using Type = memory::data_type;
using Layout = memory::format_tag;

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

Type input_type(Precision precision) {
  if (precision == Precision::kInt8) return Type::u8;
  return precision == Precision::kBfloat16 ? Type::bf16 : Type::f32;
}
Type weight_type(Precision precision) {
  return precision == Precision::kInt8 ? Type::s8 : input_type(precision);
}
Type output_type(Precision precision) {
  return precision == Precision::kInt8 ? Type::s32 : Type::f32;
}

/// Before VNNI, pairs of products are summed in 16 bits: two of 255 * 63 fit, two of 255 * 127 do
/// not.
int int8_weight_max() {
#if defined(__x86_64__)
  const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  const auto vnni = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_vnni);
  const bool avx2_vnni = dnnl::get_effective_cpu_isa() == dnnl::cpu_isa::avx2_vnni;
  return (isa & vnni) == vnni || avx2_vnni ? 127 : 63;
#else
  return 127;
#endif
}

}  // namespace

struct MatmulPlan::Impl {
  std::size_t in = 0;
  std::size_t out = 0;
  Precision precision = Precision::kFloat32;
  std::size_t row_step = 16;        ///< Products exist for multiples of this many rows...
  std::size_t rows_max = kRowsMax;  ///< ...up to this many.
  memory::desc weights;
  memory::desc bias;
  struct Product {
    matmul matmul_;
    memory::desc input, output, scratch;
  };
  std::vector<Product> products;  ///< [rows_max / row_step]: of row_step, 2 row_step, ... rows

  Product product(std::size_t rows, const memory::desc& weight_layout) const;
  std::size_t scratch_bytes() const {
    std::size_t bytes = 0;
    for (const Product& product : products) bytes = std::max(bytes, product.scratch.get_size());
    return bytes;
  }
};

namespace {

matmul::primitive_desc describe(const MatmulPlan::Impl& impl, std::size_t rows,
                                const memory::desc& weight_layout) {
  const auto size = [](std::size_t n) { return static_cast<memory::dim>(n); };
  const memory::desc input({size(rows), size(impl.in)}, input_type(impl.precision), Layout::ab);
  const memory::desc output({size(rows), size(impl.out)}, output_type(impl.precision), Layout::ab);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const matmul::desc what = impl.precision == Precision::kInt8
                                ? matmul::desc(input, weight_layout, output)
                                : matmul::desc(input, weight_layout, impl.bias, output);
  return {what, attributes, cpu()};
}

}  // namespace

MatmulPlan::Impl::Product MatmulPlan::Impl::product(std::size_t rows,
                                                    const memory::desc& weight_layout) const {
  const matmul::primitive_desc described = describe(*this, rows, weight_layout);
  return {matmul(described), described.src_desc(), described.dst_desc(),
          described.scratchpad_desc()};
}

MatmulPlan::MatmulPlan(std::size_t in, std::size_t out, Precision precision) {
  auto impl = std::make_unique<Impl>();
  impl->in = in;
  impl->out = out;
  impl->precision = precision;
  const Dims shape = {static_cast<memory::dim>(in), static_cast<memory::dim>(out)};
  impl->bias = memory::desc({1, shape[1]}, Type::f32, Layout::ab);
  // The library may lay the weights out as it likes, for the largest product; smaller ones take
  // that.
  const memory::desc any(shape, weight_type(precision), Layout::any);
  const matmul::primitive_desc largest = describe(*impl, kRowsMax, any);
  impl->weights = largest.weights_desc();
  // Its plain kernels add up in another order for another number of rows: always the same then. The
  // blocked ones do not.
  const bool blocked = std::string_view(largest.impl_info_str()).starts_with("brg");
  if (!blocked) impl->row_step = impl->rows_max = 64;
  for (std::size_t rows = impl->row_step; rows <= impl->rows_max; rows += impl->row_step) {
    impl->products.push_back(impl->product(rows, impl->weights));
  }
  impl_ = std::move(impl);
}

MatmulPlan::~MatmulPlan() = default;

struct PackedLinear::Impl {
  std::shared_ptr<const MatmulPlan> plan;
  AlignedBuffer<std::uint8_t> weights;  ///< As plan->impl().weights says.
  AlignedBuffer<float> bias;
  AlignedBuffer<float> column_scale;       ///< kInt8
  AlignedBuffer<std::int32_t> column_sum;  ///< kInt8

  /// Rounds `weight` [out, in] to int8; fills column_scale and column_sum.
  std::vector<std::int8_t> quantized(std::span<const float> weight);
  void multiply(const MatmulPlan::Impl::Product& product, const void* input, LinearMemory& scratch,
                void* output) const;
};

std::vector<std::int8_t> PackedLinear::Impl::quantized(std::span<const float> weight) {
  const std::size_t in = plan->impl().in;
  const std::size_t out = plan->impl().out;
  const auto most = static_cast<float>(int8_weight_max());
  std::vector<std::int8_t> numbers(weight.size());
  column_scale.reserve(out);
  column_sum.reserve(out);
  for (std::size_t column = 0; column < out; ++column) {
    const std::span<const float> row = weight.subspan(column * in, in);
    float largest = 0.0F;
    for (const float value : row) largest = std::max(largest, std::abs(value));
    const float inverse = largest > 0.0F ? most / largest : 0.0F;
    column_scale[column] = largest / most;
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < in; ++i) {
      const auto number = static_cast<std::int8_t>(std::lrint(row[i] * inverse));
      numbers[column * in + i] = number;
      sum += number;
    }
    column_sum[column] = sum;
  }
  return numbers;
}

PackedLinear::PackedLinear(std::shared_ptr<const MatmulPlan> plan, std::span<const float> weight,
                           std::span<const float> bias) {
  auto impl = std::make_unique<Impl>();
  impl->plan = std::move(plan);
  const MatmulPlan::Impl& shape = impl->plan->impl();
  assert(weight.size() == shape.in * shape.out && bias.size() == shape.out);
  std::copy(bias.begin(), bias.end(), impl->bias.reserve(bias.size()));
  std::vector<std::int8_t> numbers;
  const bool int8 = shape.precision == Precision::kInt8;
  if (int8) numbers = impl->quantized(weight);
  void* source = int8 ? static_cast<void*>(numbers.data()) : const_cast<float*>(weight.data());
  const Dims dims = {static_cast<memory::dim>(shape.in), static_cast<memory::dim>(shape.out)};
  memory from(memory::desc(dims, int8 ? Type::s8 : Type::f32, Layout::ba), cpu(), source);
  memory to(shape.weights, cpu(), impl->weights.reserve(shape.weights.get_size()));
  use_one_thread();
  dnnl::stream stream(cpu());
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  impl_ = std::move(impl);
}

PackedLinear::PackedLinear(PackedLinear&&) noexcept = default;
PackedLinear& PackedLinear::operator=(PackedLinear&&) noexcept = default;
PackedLinear::~PackedLinear() = default;

void PackedLinear::Impl::multiply(const MatmulPlan::Impl::Product& product, const void* input,
                                  LinearMemory& scratch, void* output) const {
  const MatmulPlan::Impl& shape = plan->impl();
  const auto at = [](const memory::desc& what, const void* data) {
    return memory(what, cpu(), const_cast<void*>(data));
  };
  std::unordered_map<int, memory> arguments = {
      {DNNL_ARG_SRC, at(product.input, input)},
      {DNNL_ARG_WEIGHTS, at(shape.weights, weights.data())},
      {DNNL_ARG_DST, at(product.output, output)},
      {DNNL_ARG_SCRATCHPAD, at(product.scratch, scratch.scratch.reserve(shape.scratch_bytes()))}};
  if (shape.precision != Precision::kInt8) {
    arguments.emplace(DNNL_ARG_BIAS, at(shape.bias, bias.data()));
  }
  thread_local dnnl::stream stream(cpu());
  product.matmul_.execute(stream, arguments);
  stream.wait();
}

void PackedLinear::forward(const float* x, std::size_t num_rows, LinearMemory& memory,
                           float* y) const {
  const MatmulPlan::Impl& shape = impl_->plan->impl();
  const std::size_t in = shape.in;
  const std::size_t out = shape.out;
  for (std::size_t first = 0; first < num_rows; first += shape.rows_max) {
    const std::size_t rows = std::min(shape.rows_max, num_rows - first);
    const MatmulPlan::Impl::Product& product = shape.products[(rows - 1) / shape.row_step];
    const float* input = x + first * in;
    float* output = y + first * out;
    switch (shape.precision) {
      case Precision::kFloat32:
        impl_->multiply(product, input, memory, output);
        break;
      case Precision::kBfloat16: {
        auto* narrow = reinterpret_cast<std::uint16_t*>(
            memory.input.reserve(MatmulPlan::kRowsMax * in * sizeof(std::uint16_t)));
        to_bfloat16({input, rows * in}, narrow);
        impl_->multiply(product, narrow, memory, output);
        break;
      }
      case Precision::kInt8: {
        std::uint8_t* narrow = memory.input.reserve(MatmulPlan::kRowsMax * in);
        std::int32_t* sums = memory.sums.reserve(MatmulPlan::kRowsMax * out);
        float* scale = memory.scale.reserve(MatmulPlan::kRowsMax);
        std::int32_t* zero = memory.zero.reserve(MatmulPlan::kRowsMax);
        quantize_rows(input, rows, in, narrow, scale, zero);
        impl_->multiply(product, narrow, memory, sums);
        const QuantizedColumns columns = {{impl_->column_scale.data(), out},
                                          {impl_->column_sum.data(), out},
                                          {impl_->bias.data(), out}};
        dequantize_rows(sums, rows, scale, zero, columns, output);
        break;
      }
    }
  }
}

}  // namespace pith
