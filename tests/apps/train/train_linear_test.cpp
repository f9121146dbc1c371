#include "apps/train/train_linear.h"

#include <gtest/gtest.h>

#include <fstream>

#include "apps/train/label_quality.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

class TrainLinear : public testing::Test {
 protected:
  /// Of two equal words the second goes; "stop" stays at every rate.
  void SetUp() override {
    options_.data = {dir_.file("labels.jsonl")};
    options_.out = dir_.file("mine.linear");
    options_.times_min = 1;
    std::ofstream labels(options_.data[0]);
    for (int i = 0; i < 30; ++i) {
      const std::string name(1, static_cast<char>('a' + i % 26));
      labels << R"({"text": ")" << name << name << " stop and " << name << name
             << R"(", "words": [[0,2],[3,7],[8,11],[12,14]], "labels": [1,2,0,0]})"
             << "\n";
    }
  }

  TemporaryDir dir_;
  LinearTrainOptions options_;
  const Progress quiet_ = [](const std::string&) {};
};

TEST_F(TrainLinear, LearnsWordsAndThatTheyComeAgain) {
  const auto trained = train_linear(options_, quiet_);
  ASSERT_TRUE(trained) << trained.error().detail;
  const auto model = LinearModel::open(options_.out);
  ASSERT_TRUE(model);
  const std::string text = "zebra stop and zebra";  // a word that was not there
  const auto words = split_words(text, {0, static_cast<std::uint32_t>(text.size())});
  const auto z = model->word_logits(text, words, {});
  ASSERT_TRUE(z);
  EXPECT_GT((*z)[1], (*z)[0]);
  EXPECT_GT((*z)[0], (*z)[3] + 0.5F) << "what was said goes first";
  const auto quality = label_quality(options_.out, options_.data[0]);
  ASSERT_TRUE(quality) << quality.error().detail;
  EXPECT_GT(quality->row("keep_prob").auc_keep, 0.95);
}

TEST_F(TrainLinear, GivesTheSameFileForTheSameSeed) {
  const auto bytes = [&](const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  ASSERT_TRUE(train_linear(options_, quiet_));
  const std::string first = bytes(options_.out);
  ASSERT_TRUE(train_linear(options_, quiet_));
  EXPECT_EQ(bytes(options_.out), first);
  options_.seed = 2;
  ASSERT_TRUE(train_linear(options_, quiet_));
  EXPECT_NE(bytes(options_.out), first);
}

TEST_F(TrainLinear, RareFeaturesHaveNoWeight) {
  options_.times_min = 1000;
  ASSERT_TRUE(train_linear(options_, quiet_));
  const auto model = LinearModel::open(options_.out);
  ASSERT_TRUE(model);
  const std::string text = "stop";
  const auto z = model->word_logits(text, split_words(text, {0, 4}), {});
  ASSERT_TRUE(z);
  EXPECT_EQ((*z)[0], 0.0F);
}

TEST_F(TrainLinear, AWordHasTheHighestLabelItOverlaps) {
  LabelledText text;
  text.text = "ab cd";
  text.words = {{0, 1}, {1, 2}, {3, 5}};
  text.labels = {0, 2, 1};
  EXPECT_EQ(labels_of_words(text, split_words(text.text, {0, 5})), (std::vector<KeepLabel>{2, 1}));
}

}  // namespace
}  // namespace pith
