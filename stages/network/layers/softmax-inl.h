// exp(x - max x) of a row, for the kernels that need a softmax. Included once per instruction set.
#if defined(PITH_SOFTMAX_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef PITH_SOFTMAX_INL_H
#undef PITH_SOFTMAX_INL_H
#else
#define PITH_SOFTMAX_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace pith::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

/// e^x for x <= 0; below -86 it stays at e^-86. 2^r on [-1/2, 1/2]: degree 6 through Chebyshev's
/// nodes, relative error 2e-9 before rounding.
HWY_INLINE V exp_of_negative(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V log2e = hn::Set(d, 1.44269504F);
  x = hn::Max(x, hn::Set(d, -86.0F));
  const V n = hn::Round(hn::Mul(x, log2e));
  const V r = hn::MulSub(x, log2e, n);
  V p = hn::Set(d, 0.000154614447F);
  p = hn::MulAdd(p, r, hn::Set(d, 0.00134004282F));
  p = hn::MulAdd(p, r, hn::Set(d, 0.00961805668F));
  p = hn::MulAdd(p, r, hn::Set(d, 0.0555032723F));
  p = hn::MulAdd(p, r, hn::Set(d, 0.240226509F));
  p = hn::MulAdd(p, r, hn::Set(d, 0.693147207F));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0F));
  const auto exponent = hn::ShiftLeft<23>(hn::ConvertTo(di, n));
  return hn::BitCast(d, hn::Add(hn::BitCast(di, p), exponent));
}

/// row[i] = exp(scale (row[i] - max)) for i < length, 0 for length <= i < padded; gives their sum.
/// `padded` is a multiple of the vector's lanes, `row` aligned, length >= 1.
HWY_INLINE float exponentials(float* HWY_RESTRICT row, std::size_t length, std::size_t padded,
                              float scale) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t i = length; i < padded; ++i) row[i] = row[0];
  V largest = hn::Load(d, row);
  for (std::size_t i = lanes; i < padded; i += lanes) {
    largest = hn::Max(largest, hn::Load(d, row + i));
  }
  largest = hn::MaxOfLanes(d, largest);
  const V scales = hn::Set(d, scale);
  const std::size_t whole = length / lanes * lanes;
  V sum = hn::Zero(d);
  for (std::size_t i = 0; i < whole; i += lanes) {
    const V value = exp_of_negative(d, hn::Mul(hn::Sub(hn::Load(d, row + i), largest), scales));
    hn::Store(value, d, row + i);
    sum = hn::Add(sum, value);
  }
  float total = hn::GetLane(hn::SumOfLanes(d, sum));
  if (whole == padded) return total;
  const V last = exp_of_negative(d, hn::Mul(hn::Sub(hn::Load(d, row + whole), largest), scales));
  hn::Store(hn::IfThenElseZero(hn::FirstN(d, length - whole), last), d, row + whole);
  for (std::size_t i = whole; i < length; ++i) total += row[i];
  for (std::size_t i = whole + lanes; i < padded; ++i) row[i] = 0.0F;
  return total;
}

}  // namespace pith::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
