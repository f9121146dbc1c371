// Logits of the reference's own encoders, ../shared/golden.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>

#include "stages/model_files/tensor_files.h"
#include "stages/network/encoder.h"

namespace pith {
namespace {

const std::string kGolden = std::string(PITH_SHARED) + "/golden";

struct Model {
  std::string key, folder;
};
const Model kModels[] = {{"xlmr_a", kGolden + "/models/xlm-roberta-large-tiny-a"},
                         {"bert_a", kGolden + "/models/bert-base-multilingual-cased-tiny-a"}};

std::vector<std::int32_t> integers(const TensorView& view) {
  std::vector<std::int32_t> numbers(view.bytes.size() / sizeof(std::int32_t));
  std::memcpy(numbers.data(), view.bytes.data(), view.bytes.size());
  return numbers;
}

std::vector<float> floats(const TensorView& view) {
  std::vector<float> numbers(view.bytes.size() / sizeof(float));
  std::memcpy(numbers.data(), view.bytes.data(), view.bytes.size());
  return numbers;
}

/// What the attention mask lets through of one row, and the logits it should give.
struct Row {
  std::vector<std::int32_t> ids, positions;
  std::vector<float> logits;
};

std::vector<Row> rows_of(const TensorFiles& files, const std::string& key,
                         const EncoderConfig& config) {
  const TensorView& shape = *files.find(key + ".input_ids");
  const auto ids = integers(shape);
  const auto mask = files.find(key + ".attention_mask")->bytes;
  const auto logits = floats(*files.find(key + ".logits"));
  const std::size_t length = shape.shape[1];
  std::vector<Row> rows(shape.shape[0]);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto positions = position_ids(config, std::span(ids).subspan(r * length, length));
    for (std::size_t i = 0; i < length; ++i) {
      const std::size_t at = r * length + i;
      if (mask[at] == 0) continue;
      rows[r].ids.push_back(ids[at]);
      rows[r].positions.push_back(positions[i]);
      rows[r].logits.insert(rows[r].logits.end(), {logits[2 * at], logits[2 * at + 1]});
    }
  }
  return rows;
}

/// Every case of both models, all rows of a case packed together; `check(expected, actual)`.
template <class Check>
void for_all_cases(Precision precision, Check check) {
  if (!std::filesystem::exists(kGolden)) GTEST_SKIP() << "no ../shared/golden";
  const auto files = TensorFiles::open_file(kGolden + "/encoder.safetensors");
  ASSERT_TRUE(files) << files.error().detail;
  std::size_t cases = 0;
  for (const Model& model : kModels) {
    const auto encoder = Encoder::open(model.folder, precision);
    ASSERT_TRUE(encoder) << encoder.error().detail;
    for (const auto& [name, view] : files->all()) {
      const std::size_t end = name.find(".input_ids");
      if (end == std::string::npos || !name.starts_with(model.key)) continue;
      SCOPED_TRACE(name);
      const auto rows = rows_of(*files, name.substr(0, end), (*encoder)->config());
      std::vector<EncoderSequence> sequences;
      std::vector<float> expected;
      for (const Row& row : rows) {
        sequences.push_back({row.ids, row.positions});
        expected.insert(expected.end(), row.logits.begin(), row.logits.end());
      }
      const auto actual = (*encoder)->forward(sequences);
      ASSERT_TRUE(actual) << actual.error().detail;
      ASSERT_EQ(actual->size(), expected.size());
      check(expected, *actual);
      ++cases;
    }
  }
  EXPECT_EQ(cases, 18U);
}

float keep_prob(const std::vector<float>& logits, std::size_t token) {
  return 1.0F / (1.0F + std::exp(logits[2 * token] - logits[2 * token + 1]));
}

void expect_probabilities_within(float limit, Precision precision) {
  for_all_cases(precision, [limit](const auto& expected, const auto& actual) {
    float worst = 0.0F;
    for (std::size_t token = 0; token < expected.size() / 2; ++token) {
      worst = std::max(worst, std::abs(keep_prob(expected, token) - keep_prob(actual, token)));
    }
    EXPECT_LT(worst, limit);
  });
}

TEST(EncoderGolden, Float32LogitsAreTheReferences) {
  for_all_cases(Precision::kFloat32, [](const auto& expected, const auto& actual) {
    float worst = 0.0F;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      worst = std::max(worst, std::abs(expected[i] - actual[i]));
    }
    EXPECT_LT(worst, 1e-5F);
  });
}

// These models are too sensitive for int8, so opening falls back to wider products: what is tested is
// the promise. The arithmetic itself: packed_linear_test.cpp; larger models: bench/encoder.
TEST(EncoderGolden, Int8ProbabilitiesAreNear) {
  expect_probabilities_within(0.02F, Precision::kInt8);
}

TEST(EncoderGolden, Bfloat16ProbabilitiesAreNear) {
  if (!cpu_has_bfloat16()) GTEST_SKIP() << "this CPU has no bfloat16";
  expect_probabilities_within(0.02F, Precision::kBfloat16);
}

}  // namespace
}  // namespace pith
