#include "stages/network/layers/gelu.h"

#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "stages/network/layers/gelu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "stages/network/layers/softmax-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pith::HWY_NAMESPACE {

// Phi(x) = 1/2 + x P(2 x^2 / kEdge^2 - 1) for |x| <= kEdge, where it is 1 or 0 to float's last bit
// but one. P: degree 14 through Chebyshev's nodes of (Phi(x) - 1/2) / x, found in 40 digits.
constexpr float kEdge = 5.25F;
constexpr float kCoefficients[] = {
    0.0002774600330F, -0.0006798868738F, 0.0005455137082F, -0.0009698687305F, 0.003039716744F,
    -0.005528017558F, 0.008328680623F,   -0.01273210105F,  0.01856592521F,    -0.02505319169F,
    0.03202754878F,   -0.03976217291F,   0.04964598821F,   -0.06712685346F,   0.1346593445F};

HWY_INLINE V distribution(D d, V x) {
  const V edge = hn::Set(d, kEdge);
  const V near = hn::Max(hn::Min(x, edge), hn::Neg(edge));
  const V t = hn::MulSub(hn::Mul(near, near), hn::Set(d, 2.0F / (kEdge * kEdge)), hn::Set(d, 1.0F));
  V p = hn::Set(d, kCoefficients[0]);
  for (std::size_t i = 1; i < std::size(kCoefficients); ++i) {
    p = hn::MulAdd(p, t, hn::Set(d, kCoefficients[i]));
  }
  return hn::MulAdd(near, p, hn::Set(d, 0.5F));
}

HWY_INLINE V gelu(D d, V x) { return hn::Mul(x, distribution(d, x)); }

HWY_INLINE V gelu_slope(D d, V x) {
  const V density = hn::Mul(exp_of_negative(d, hn::Mul(hn::Mul(x, x), hn::Set(d, -0.5F))),
                            hn::Set(d, 0.39894228F));
  return hn::MulAdd(x, density, distribution(d, x));
}

void gelu_kernel(float* x, std::size_t size) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  // Two chains side by side: one alone waits for its own multiply-adds.
  for (; i + 2 * lanes <= size; i += 2 * lanes) {
    const V a = gelu(d, hn::LoadU(d, x + i));
    const V b = gelu(d, hn::LoadU(d, x + i + lanes));
    hn::StoreU(a, d, x + i);
    hn::StoreU(b, d, x + i + lanes);
  }
  for (; i + lanes <= size; i += lanes) hn::StoreU(gelu(d, hn::LoadU(d, x + i)), d, x + i);
  if (i == size) return;
  HWY_ALIGN float rest[HWY_MAX_BYTES / sizeof(float)] = {};
  for (std::size_t k = i; k < size; ++k) rest[k - i] = x[k];
  hn::Store(gelu(d, hn::Load(d, rest)), d, rest);
  for (std::size_t k = i; k < size; ++k) x[k] = rest[k - i];
}

void gelu_backward_kernel(const float* x, float* dy, std::size_t size) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const V slope = gelu_slope(d, hn::LoadU(d, x + i));
    hn::StoreU(hn::Mul(hn::LoadU(d, dy + i), slope), d, dy + i);
  }
  if (i == size) return;
  HWY_ALIGN float rest[HWY_MAX_BYTES / sizeof(float)] = {};
  for (std::size_t k = i; k < size; ++k) rest[k - i] = x[k];
  hn::Store(gelu_slope(d, hn::Load(d, rest)), d, rest);
  for (std::size_t k = i; k < size; ++k) dy[k] *= rest[k - i];
}

}  // namespace pith::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pith {
HWY_EXPORT(gelu_kernel);
HWY_EXPORT(gelu_backward_kernel);

void gelu_forward(std::span<float> x) { HWY_DYNAMIC_DISPATCH(gelu_kernel)(x.data(), x.size()); }

void gelu_backward(std::span<const float> x, std::span<float> dy) {
  HWY_DYNAMIC_DISPATCH(gelu_backward_kernel)(x.data(), dy.data(), dy.size());
}

}  // namespace pith
#endif
