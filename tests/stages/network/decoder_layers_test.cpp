// The decoder's kernels against slow, obvious twins, in every instruction set that the machine has.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "stages/network/layers/cached_attention.h"
#include "stages/network/layers/grouped_attention.h"
#include "stages/network/layers/panel_product.h"
#include "stages/network/layers/rms_norm.h"
#include "stages/network/layers/rotary.h"
#include "stages/network/layers/swiglu.h"
#include "tests/stages/network/seeded_numbers.h"

namespace pith {
namespace {

/// Runs `body` once with each instruction set, the weakest included.
template <class Body>
void for_each_target(Body body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(PanelMatrix, IsTheProductWhateverTheShape) {
  constexpr float kUntouched = 77.0F;
  for_each_target([&] {
    PanelMemory memory;
    for (const std::size_t in : {1U, 8U, 33U}) {
      for (const std::size_t out : {1U, 31U, 32U, 64U, 100U, 300U}) {
        const auto weight = seeded_numbers(in * out, 1.0F, in + out);
        const PanelMatrix matrix(weight, in, out);
        for (const std::size_t rows : {1U, 2U, 3U, 5U, 12U, 13U, 29U}) {
          const auto x = seeded_numbers(rows * in, 1.0F, rows);
          std::vector<float> y(rows * out + 1, kUntouched);
          matrix.forward(x.data(), rows, y.data(), Into::kReplace, memory);
          ASSERT_EQ(y.back(), kUntouched);
          std::vector<float> twice = y;
          matrix.forward(x.data(), rows, twice.data(), Into::kAdd, memory);
          for (std::size_t r = 0; r < rows; ++r) {
            for (std::size_t c = 0; c < out; ++c) {
              double sum = 0;
              for (std::size_t k = 0; k < in; ++k) {
                sum += static_cast<double>(x[r * in + k]) * weight[c * in + k];
              }
              ASSERT_NEAR(y[r * out + c], sum, 1e-4) << in << " " << out << " " << rows;
              ASSERT_NEAR(twice[r * out + c], 2.0 * sum, 2e-4);
            }
          }
        }
      }
    }
  });
}

TEST(PanelMatrix, ARowDoesNotDependOnItsNeighboursToTheBit) {
  constexpr std::size_t kIn = 100;
  constexpr std::size_t kOut = 70;
  constexpr std::size_t kRows = 40;
  const PanelMatrix matrix(seeded_numbers(kIn * kOut, 1.0F, 1), kIn, kOut);
  const auto x = seeded_numbers(kRows * kIn, 1.0F, 2);
  for_each_target([&] {
    PanelMemory memory;
    std::vector<float> together(kRows * kOut);
    matrix.forward(x.data(), kRows, together.data(), Into::kReplace, memory);
    std::vector<float> alone(kRows * kOut);
    for (std::size_t row = 0; row < kRows; ++row) {
      matrix.forward(&x[row * kIn], 1, &alone[row * kOut], Into::kReplace, memory);
    }
    EXPECT_EQ(alone, together);
  });
}

TEST(PanelMatrix, GivesBackItsRows) {
  const auto weight = seeded_numbers(50U * 7U, 1.0F, 3);
  const PanelMatrix matrix(weight, 7, 50);
  std::vector<float> row(7);
  for (const std::size_t index : {0U, 31U, 32U, 49U}) {
    matrix.row(index, row.data());
    EXPECT_TRUE(std::equal(row.begin(), row.end(), weight.begin() + 7 * index));
  }
}

TEST(RmsNorm, IsTheFormula) {
  for (const std::size_t width : {1U, 7U, 16U, 64U, 100U}) {
    const auto x = seeded_numbers(3 * width, 2.0F, 1);
    const auto gain = seeded_numbers(width, 1.0F, 2);
    for_each_target([&] {
      std::vector<float> y = x;
      rms_norm_forward(y.data(), 3, gain, 1e-3F, y.data());
      for (std::size_t row = 0; row < 3; ++row) {
        double squares = 0;
        for (std::size_t i = 0; i < width; ++i) {
          squares += static_cast<double>(x[row * width + i]) * x[row * width + i];
        }
        const double scale = 1.0 / std::sqrt(squares / static_cast<double>(width) + 1e-3);
        for (std::size_t i = 0; i < width; ++i) {
          ASSERT_NEAR(y[row * width + i], x[row * width + i] * scale * gain[i], 1e-5);
        }
      }
    });
  }
}

TEST(Rotary, TurnsPairsOfHalvesAndBack) {
  constexpr std::size_t kHead = 6;
  constexpr std::size_t kStride = 2 * kHead + 1;
  const std::vector<std::int32_t> positions = {0, 1, 500};
  std::vector<float> angles(positions.size() * kHead);
  rotary_angles(positions, kHead, 50.0F, angles.data());
  const auto x = seeded_numbers(positions.size() * kStride, 1.0F, 4);
  std::vector<float> y = x;
  rotate(y.data(), positions.size(), kStride, 2, kHead, angles.data(), Turn::kForth);
  for (std::size_t row = 0; row < positions.size(); ++row) {
    for (std::size_t head = 0; head < 2; ++head) {
      for (std::size_t i = 0; i < kHead / 2; ++i) {
        const std::size_t low = row * kStride + head * kHead + i;
        const double angle = positions[row] * std::pow(50.0, -2.0 * static_cast<double>(i) / kHead);
        EXPECT_NEAR(y[low], x[low] * std::cos(angle) - x[low + 3] * std::sin(angle), 1e-4);
        EXPECT_NEAR(y[low + 3], x[low + 3] * std::cos(angle) + x[low] * std::sin(angle), 1e-4);
      }
    }
    EXPECT_EQ(y[row * kStride + 2 * kHead], x[row * kStride + 2 * kHead]);
  }
  rotate(y.data(), positions.size(), kStride, 2, kHead, angles.data(), Turn::kBack);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(y[i], x[i], 1e-6);
}

double silu(double x) { return x / (1.0 + std::exp(-x)); }

TEST(SwiGlu, IsSiluOfTheGateTimesTheUp) {
  for (const std::size_t width : {1U, 16U, 37U, 200U}) {
    auto gate_up = seeded_numbers(2 * 2 * width, 4.0F, width);
    gate_up[0] = 300.0F;
    gate_up[2 * width] = -300.0F;
    for_each_target([&] {
      std::vector<float> y(2 * width + 1, 7.0F);
      swiglu_forward(gate_up.data(), 2, width, y.data());
      ASSERT_EQ(y.back(), 7.0F);
      for (std::size_t row = 0; row < 2; ++row) {
        for (std::size_t i = 0; i < width; ++i) {
          const double gate = gate_up[row * 2 * width + i];
          const double expected = silu(gate) * gate_up[row * 2 * width + width + i];
          ASSERT_NEAR(y[row * width + i], expected, 1e-6 * (1.0 + std::abs(expected)));
        }
      }
    });
  }
}

TEST(SwiGlu, BackwardIsTheSlope) {
  constexpr std::size_t kWidth = 21;
  const auto gate_up = seeded_numbers(2 * kWidth, 2.0F, 5);
  const auto dy = seeded_numbers(kWidth, 1.0F, 6);
  for_each_target([&] {
    std::vector<float> gradient(2 * kWidth);
    swiglu_backward(gate_up.data(), dy.data(), 1, kWidth, gradient.data());
    for (std::size_t i = 0; i < kWidth; ++i) {
      constexpr double kStep = 1e-5;
      const double gate = gate_up[i];
      const double up = gate_up[kWidth + i];
      const double slope = (silu(gate + kStep) - silu(gate - kStep)) / (2 * kStep) * up * dy[i];
      EXPECT_NEAR(gradient[i], slope, 1e-5 * (1.0 + std::abs(slope)));
      EXPECT_NEAR(gradient[kWidth + i], silu(gate) * dy[i], 1e-5);
    }
  });
}

/// A layer's queries, keys and values of `length` tokens, side by side, and who sees whom.
struct AttentionCase {
  GroupedHeads heads;
  std::size_t length = 0;
  std::vector<float> qkv;
  std::vector<std::uint8_t> visible;  ///< [length, length] or empty

  AttentionCase(GroupedHeads shape, std::size_t tokens, bool masked)
      : heads(shape),
        length(tokens),
        qkv(seeded_numbers(tokens * row_size(), 1.0F, tokens)),
        visible(masked ? tokens * tokens : 0) {
    for (std::size_t i = 0; i < visible.size(); ++i) visible[i] = i * 7 % 3 != 0 ? 1 : 0;
  }
  std::size_t query_width() const { return heads.num_heads * heads.head_size; }
  std::size_t key_width() const { return heads.num_kv_heads * heads.head_size; }
  std::size_t row_size() const { return query_width() + 2 * key_width(); }
  bool sees(std::size_t row, std::size_t slot) const {
    return slot == row || (slot < row && (visible.empty() || visible[row * length + slot] != 0));
  }

  std::vector<float> expected() const {
    std::vector<float> y(length * query_width());
    const double scale = 1.0 / std::sqrt(static_cast<double>(heads.head_size));
    for (std::size_t row = 0; row < length; ++row) {
      for (std::size_t head = 0; head < heads.num_heads; ++head) {
        const float* query = &qkv[row * row_size() + head * heads.head_size];
        const std::size_t kv = query_width() + head / heads.group() * heads.head_size;
        std::vector<double> sums(heads.head_size);
        double total = 0;
        for (std::size_t slot = 0; slot < length; ++slot) {
          if (!sees(row, slot)) continue;
          const float* key = &qkv[slot * row_size() + kv];
          double score = 0;
          for (std::size_t k = 0; k < heads.head_size; ++k) {
            score += static_cast<double>(query[k]) * key[k];
          }
          const double weight = std::exp(score * scale);
          total += weight;
          for (std::size_t k = 0; k < heads.head_size; ++k) {
            sums[k] += weight * key[key_width() + k];
          }
        }
        for (std::size_t k = 0; k < heads.head_size; ++k) {
          y[row * query_width() + head * heads.head_size + k] = static_cast<float>(sums[k] / total);
        }
      }
    }
    return y;
  }
  /// Rows first .. length - 1 against a cache of all.
  std::vector<float> cached(std::size_t first) const {
    AlignedBuffer<float> blocks((length + 31) / 32 * heads.block_size());
    for (std::size_t slot = 0; slot < length; ++slot) {
      const float* key = &qkv[slot * row_size() + query_width()];
      store_key_value(heads, key, key + key_width(), slot, blocks.data());
    }
    VisibleSlots flags;
    if (!visible.empty()) flags = {&visible[first * length], length};
    std::vector<float> y((length - first) * query_width());
    CachedAttentionMemory memory;
    cached_attention(&qkv[first * row_size()], length - first, row_size(), heads, blocks.data(),
                     first, flags, memory, y.data());
    return y;
  }
};

void for_each_attention_case(const std::function<void(const AttentionCase&)>& check) {
  const GroupedHeads shapes[] = {{1, 1, 2}, {4, 2, 16}, {6, 2, 40}, {4, 1, 64}};
  for (const GroupedHeads& shape : shapes) {
    for (const std::size_t length : {1U, 2U, 31U, 33U, 70U}) {
      for (const bool masked : {false, true}) {
        SCOPED_TRACE(std::to_string(shape.head_size) + " " + std::to_string(length));
        check(AttentionCase(shape, length, masked));
      }
    }
  }
}

TEST(CachedAttention, IsTheSoftmaxOverWhatARowSees) {
  for_each_attention_case([](const AttentionCase& each) {
    const auto expected = each.expected();
    for_each_target([&] {
      const auto actual = each.cached(0);
      for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(actual[i], expected[i], 2e-5);
    });
  });
}

TEST(CachedAttention, ARowDoesNotDependOnItsNeighboursToTheBit) {
  for_each_attention_case([](const AttentionCase& each) {
    const auto all = each.cached(0);
    for (std::size_t first = 0; first < each.length; first += 13) {
      const auto some = each.cached(first);
      ASSERT_TRUE(std::equal(some.rbegin(), some.rend(), all.rbegin()));
    }
  });
}

TEST(GroupedAttention, IsTheSameWhereItIsTrained) {
  for_each_attention_case([](const AttentionCase& each) {
    const auto expected = each.expected();
    std::vector<float> y(expected.size());
    AlignedBuffer<float> weights(each.heads.num_heads * each.length *
                                 attention_stride(each.length));
    grouped_attention_forward_keeping(each.qkv.data(), each.length, each.heads,
                                      each.visible.empty() ? nullptr : each.visible.data(),
                                      weights.data(), y.data());
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(y[i], expected[i], 2e-5);
  });
}

}  // namespace
}  // namespace pith
