#include "stages/score/linear_policy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <set>

#include "stages/model_files/tensor_writer.h"
#include "tests/stages/score/scored_text.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

std::vector<std::uint64_t> features_of(const std::string& text, std::size_t word) {
  const auto words = split_words(text, {0, static_cast<std::uint32_t>(text.size())});
  std::vector<std::uint64_t> features;
  LinearFeatures(text, words).of_word(word, features);
  return features;
}

std::size_t shared(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  const std::set<std::uint64_t> of_a(a.begin(), a.end());
  std::size_t count = 0;
  for (const std::uint64_t feature : std::set<std::uint64_t>(b.begin(), b.end())) {
    count += of_a.count(feature);
  }
  return count;
}

/// A model in which `feature` alone has a weight.
LinearModel model_of(std::uint64_t feature, float weight) {
  std::vector<std::uint16_t> tags(LinearModel::kNumSlots);
  std::vector<float> weights(LinearModel::kNumSlots);
  tags[LinearModel::slot_of(feature)] = LinearModel::tag_of(feature);
  weights[LinearModel::slot_of(feature)] = weight;
  return {tags, weights};
}

TEST(LinearFeatures, AreTheSameForTheSameSurroundings) {
  const auto one = features_of("the red car stops here", 2);
  EXPECT_EQ(one, features_of("the red car stops here", 2));
  // Another neighbour changes what is said of it and nothing else.
  const auto other = features_of("the blue car stops here", 2);
  EXPECT_GT(shared(one, other), one.size() / 2);
  EXPECT_NE(one, other);
  EXPECT_LT(shared(one, features_of("Nun 12 -- x-ray", 1)), one.size() / 2);
}

TEST(LinearFeatures, SeeThatAWordComesAgain) {
  EXPECT_NE(features_of("cat sits, then cat sleeps", 3),
            features_of("dog sits, then cat sleeps", 3));
}

TEST(LinearFeatures, AnyBytesWillDo) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += static_cast<char>(i * i * 31 + i / 7);
  const auto words = split_words(text, {0, static_cast<std::uint32_t>(text.size())});
  const LinearFeatures features(text, words);
  std::vector<std::uint64_t> seen;
  for (std::size_t i = 0; i < words.size(); ++i) {
    features.of_word(i, seen);
    EXPECT_GT(seen.size(), 30U);
  }
}

TEST(LinearModel, SumsTheWeightsOfAWordsFeatures) {
  const std::string text = "alpha beta gamma";
  const auto words = split_words(text, {0, static_cast<std::uint32_t>(text.size())});
  const std::uint64_t only_beta = features_of(text, 1)[1];
  const auto logits = model_of(only_beta, 1.5F).word_logits(text, words, {});
  ASSERT_TRUE(logits);
  EXPECT_FLOAT_EQ((*logits)[0], 0.0F);
  EXPECT_FLOAT_EQ((*logits)[1], 1.5F);
  EXPECT_FLOAT_EQ((*logits)[2], 0.0F);
}

// Two features of one slot: the one that was not trained has no weight, not the other's.
TEST(LinearModel, AFeatureWithoutASlotOfItsOwnHasNoWeight) {
  const std::string text = "alpha beta gamma";
  const auto words = split_words(text, {0, static_cast<std::uint32_t>(text.size())});
  const std::uint64_t other = features_of(text, 1)[1] + 1;
  ASSERT_EQ(LinearModel::slot_of(other), LinearModel::slot_of(other - 1));
  const auto logits = model_of(other, 1.5F).word_logits(text, words, {});
  ASSERT_TRUE(logits);
  for (const float z : *logits) EXPECT_FLOAT_EQ(z, 0.0F);
}

TEST(LinearModel, ScalesEveryWeight) {
  const std::string text = "alpha beta gamma";
  const auto words = split_words(text, {0, static_cast<std::uint32_t>(text.size())});
  const LinearModel half = model_of(features_of(text, 1)[1], 1.5F).scaled(0.5F);
  const auto logits = half.word_logits(text, words, {});
  ASSERT_TRUE(logits);
  EXPECT_FLOAT_EQ((*logits)[1], 0.75F);
}

TEST(LinearModel, StopsAtItsLimits) {
  const std::string text = "alpha beta gamma";
  const auto words = split_words(text, {0, static_cast<std::uint32_t>(text.size())});
  const auto logits = model_of(1, 1.0F).word_logits(text, words, [] {
    return Error{ErrorCode::kDeadlineExceeded, "late"};
  });
  ASSERT_FALSE(logits);
  EXPECT_EQ(logits.error().code, ErrorCode::kDeadlineExceeded);
}

// Features of a long text are most of the work; they are not made to the end for nobody.
TEST(LinearModel, StopsWhileFeaturesAreMade) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i % 7000) + " ";
  const auto words = split_words(text, {0, static_cast<std::uint32_t>(text.size())});
  int asked = 0;
  const StopCheck never = [&asked]() -> std::optional<Error> {
    ++asked;
    return std::nullopt;
  };
  ASSERT_TRUE(model_of(1, 1.0F).word_logits(text, words, never));
  // Before, at every 4,096th word of five parts, at every 256th of the sums.
  EXPECT_EQ(asked, 1 + 5 * 5 + 79);
  asked = 0;
  const StopCheck later = [&asked]() -> std::optional<Error> {
    if (++asked < 4) return std::nullopt;
    return Error{ErrorCode::kCancelled, "gone"};
  };
  EXPECT_FALSE(model_of(1, 1.0F).word_logits(text, words, later));
  EXPECT_EQ(asked, 4 + 4 + 1) << "once in each part that is left, and before the sums";
}

TEST(LinearPolicy, TextNobodyWaitsForIsLeftAndTheOthersAreDone) {
  const TemporaryDir dir;
  const std::string path = dir.file("mine.linear");
  ASSERT_TRUE(model_of(1, 1.0F).write(path));
  const auto policy = LinearPolicy::open(path);
  ASSERT_TRUE(policy) << policy.error().detail;
  expect_items_stop_alone(**policy);
}

TEST(LinearPolicy, ServesWhatWasWritten) {
  const TemporaryDir dir;
  const std::string path = dir.file("mine.linear");
  const std::string text = "alpha beta gamma";
  ASSERT_TRUE(model_of(features_of(text, 1)[1], 1.5F).write(path));
  const auto policy = open_policy(path);
  ASSERT_TRUE(policy) << policy.error().detail;
  EXPECT_EQ((*policy)->name(), "mine");
  EXPECT_EQ((*policy)->id().size(), 64U);
  ScoredTexts texts({text, ""}, (*policy)->tokenizer());
  ASSERT_TRUE((*policy)->score(texts.items, {}));
  ASSERT_EQ(texts.items[0].keep_prob.size(), 3U);
  EXPECT_FLOAT_EQ(texts.items[0].keep_prob[0], 0.5F);
  EXPECT_NEAR(texts.items[0].keep_prob[1], 1.0 / (1.0 + std::exp(-1.5)), 1e-3);
  EXPECT_TRUE(texts.items[1].keep_prob.empty());
}

TEST(LinearPolicy, NamesWhatIsWrongWithAFile) {
  const TemporaryDir dir;
  const std::string path = dir.file("bad.linear");
  const std::vector<float> few(4);
  const TensorToWrite tensor{"words-1.weights", {4}, few};
  ASSERT_TRUE(write_tensors(path, {&tensor, 1}, {}));
  const auto small = open_policy(path);
  ASSERT_FALSE(small);
  EXPECT_EQ(small.error().code, ErrorCode::kFileUnreadable);
  EXPECT_NE(small.error().detail.find("words-1.weights"), std::string::npos)
      << small.error().detail;

  const std::vector<float> weights(LinearModel::kNumSlots);
  std::vector<float> tags(LinearModel::kNumSlots);
  tags[5] = -1.0F;
  const TensorToWrite both[] = {{"words-1.weights", {weights.size()}, weights},
                                {"words-1.tags", {tags.size()}, tags}};
  ASSERT_TRUE(write_tensors(path, both, {}));
  const auto negative = open_policy(path);
  ASSERT_FALSE(negative);
  EXPECT_NE(negative.error().detail.find("words-1.tags"), std::string::npos);

  tags[5] = 1.5F;
  ASSERT_TRUE(write_tensors(path, both, {}));
  const auto broken = open_policy(path);
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().detail.find("words-1.tags"), std::string::npos);
}

}  // namespace
}  // namespace pith
