#include "stages/network/layers/swiglu.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "stages/network/layers/swiglu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "stages/network/layers/softmax-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pith::HWY_NAMESPACE {

/// 1 / (1 + e^-x): from e^-|x|, which cannot overflow.
HWY_INLINE V sigmoid(D d, V x) {
  const V small = exp_of_negative(d, hn::Neg(hn::Abs(x)));
  const V one = hn::Set(d, 1.0F);
  const V above = hn::IfThenElse(hn::Ge(x, hn::Zero(d)), one, small);
  return hn::Div(above, hn::Add(one, small));
}

/// Calls `vectors` with every whole vector's place, and `rest` with the place and the number of
/// what is left.
template <class Vectors, class Rest>
HWY_INLINE void in_vectors(std::size_t width, Vectors vectors, Rest rest) {
  const std::size_t lanes = hn::Lanes(D());
  std::size_t i = 0;
  for (; i + lanes <= width; i += lanes) vectors(i);
  if (i < width) rest(i, width - i);
}

HWY_INLINE V gated(D d, V gate, V up) { return hn::Mul(hn::Mul(gate, sigmoid(d, gate)), up); }

void swiglu_forward_kernel(const float* gate_up, std::size_t num_rows, std::size_t width,
                           float* y) {
  const D d;
  for (std::size_t row = 0; row < num_rows; ++row, gate_up += 2 * width, y += width) {
    const float* up = gate_up + width;
    in_vectors(
        width,
        [&](std::size_t i) {
          hn::StoreU(gated(d, hn::LoadU(d, gate_up + i), hn::LoadU(d, up + i)), d, y + i);
        },
        [&](std::size_t i, std::size_t count) {
          HWY_ALIGN float part[2][HWY_LANES(float)] = {};
          for (std::size_t k = 0; k < count; ++k) {
            part[0][k] = gate_up[i + k];
            part[1][k] = up[i + k];
          }
          hn::Store(gated(d, hn::Load(d, part[0]), hn::Load(d, part[1])), d, part[0]);
          for (std::size_t k = 0; k < count; ++k) y[i + k] = part[0][k];
        });
  }
}

/// With s = sigmoid(gate): dgate = dy up s (1 + gate (1 - s)), dup = dy gate s.
HWY_INLINE void gradients(D d, V gate, V up, V dy, V& dgate, V& dup) {
  const V one = hn::Set(d, 1.0F);
  const V s = sigmoid(d, gate);
  const V slope = hn::Mul(s, hn::MulAdd(gate, hn::Sub(one, s), one));
  dgate = hn::Mul(hn::Mul(dy, up), slope);
  dup = hn::Mul(dy, hn::Mul(gate, s));
}

void swiglu_backward_kernel(const float* gate_up, const float* dy, std::size_t num_rows,
                            std::size_t width, float* dgate_up) {
  const D d;
  for (std::size_t row = 0; row < num_rows; ++row) {
    const float* up = gate_up + width;
    float* dup = dgate_up + width;
    V dgates;
    V dups;
    in_vectors(
        width,
        [&](std::size_t i) {
          gradients(d, hn::LoadU(d, gate_up + i), hn::LoadU(d, up + i), hn::LoadU(d, dy + i),
                    dgates, dups);
          hn::StoreU(dgates, d, dgate_up + i);
          hn::StoreU(dups, d, dup + i);
        },
        [&](std::size_t i, std::size_t count) {
          HWY_ALIGN float part[3][HWY_LANES(float)] = {};
          for (std::size_t k = 0; k < count; ++k) {
            part[0][k] = gate_up[i + k];
            part[1][k] = up[i + k];
            part[2][k] = dy[i + k];
          }
          gradients(d, hn::Load(d, part[0]), hn::Load(d, part[1]), hn::Load(d, part[2]), dgates,
                    dups);
          hn::Store(dgates, d, part[0]);
          hn::Store(dups, d, part[1]);
          for (std::size_t k = 0; k < count; ++k) {
            dgate_up[i + k] = part[0][k];
            dup[i + k] = part[1][k];
          }
        });
    gate_up += 2 * width;
    dgate_up += 2 * width;
    dy += width;
  }
}

}  // namespace pith::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pith {
HWY_EXPORT(swiglu_forward_kernel);
HWY_EXPORT(swiglu_backward_kernel);

void swiglu_forward(const float* gate_up, std::size_t num_rows, std::size_t width, float* y) {
  HWY_DYNAMIC_DISPATCH(swiglu_forward_kernel)(gate_up, num_rows, width, y);
}

void swiglu_backward(const float* gate_up, const float* dy, std::size_t num_rows, std::size_t width,
                     float* dgate_up) {
  HWY_DYNAMIC_DISPATCH(swiglu_backward_kernel)(gate_up, dy, num_rows, width, dgate_up);
}

}  // namespace pith
#endif
