#include "apps/train/train_query.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "apps/train/train_linear.h"
#include "stages/score/linear_policy.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

class TrainQuery : public testing::Test {
 protected:
  /// Twenty people, each with a colour; the questions ask for one of them.
  void SetUp() override {
    const std::vector<float> none(LinearModel::kNumSlots);
    const std::vector<std::uint16_t> no_tags(LinearModel::kNumSlots);
    ASSERT_TRUE(LinearModel(no_tags, none).write(dir_.file("plain.linear")));
    std::ofstream questions(dir_.file("questions.jsonl"));
    for (int i = 0; i < 200; ++i) {
      const int who = i % 20;
      questions << R"({"context": ")" << text_of() << R"(", "question": "Which colour has person)"
                << who << R"(?", "answers": ["colour)" << (who * 7) % 20 << R"("]})"
                << "\n";
    }
    options_.policy = dir_.file("plain.linear");
    options_.data = {dir_.file("questions.jsonl")};
    options_.out = dir_.file("asked.linear");
    options_.epochs = 6;
  }

  static std::string text_of() {
    std::string text;
    for (int who = 0; who < 20; ++who) {
      text += "Here person" + std::to_string(who) + " likes colour" +
              std::to_string((who * 7) % 20) + " best of all things. ";
    }
    return text;
  }

  std::vector<float> logits(const std::string& query) const {
    const auto model = LinearModel::open(options_.out);
    EXPECT_TRUE(model);
    const std::string text = text_of();
    const auto z = model->word_logits(
        text, split_words(text, {0, static_cast<std::uint32_t>(text.size())}), {}, query);
    EXPECT_TRUE(z);
    return *z;
  }

  /// A copy of pith-small whose linear part is empty, and two questions only: it is slow.
  std::string shipped_encoder() {
    const std::string folder = dir_.file("encoder");
    std::filesystem::copy(PITH_MODELS "/pith-small", folder);
    std::filesystem::copy_file(dir_.file("plain.linear"), folder + "/words.linear",
                               std::filesystem::copy_options::overwrite_existing);
    std::ofstream questions(dir_.file("questions.jsonl"));
    for (const char* who : {"0", "1"}) {
      questions << R"({"context": ")" << text_of() << R"(", "question": "Which colour has person)"
                << who << R"(?", "answers": ["colour)" << (who[0] == '0' ? 0 : 7) << R"("]})"
                << "\n";
    }
    return folder;
  }

  TemporaryDir dir_;
  QueryTrainOptions options_;
  const Progress quiet_ = [](const std::string&) {};
};

TEST_F(TrainQuery, WhatAnswersComesFirst) {
  const auto trained = train_query(options_, quiet_);
  ASSERT_TRUE(trained) << trained.error().detail;
  for (const int who : {0, 7, 13}) {
    const auto z = logits("Which colour has person" + std::to_string(who) + "?");
    // Eight words a sentence; the fourth is the colour.
    const auto asked_for = static_cast<std::size_t>(who) * 8 + 3;
    std::size_t above = 0;
    for (const float value : z) above += value > z[asked_for] ? 1U : 0U;
    EXPECT_LT(above, 9U) << "of " << z.size() << " words";
  }
}

TEST_F(TrainQuery, WithoutAQuestionThePolicyIsAsBefore) {
  ASSERT_TRUE(train_query(options_, quiet_));
  for (const float z : logits("")) EXPECT_EQ(z, 0.0F);
  for (const float z : logits("unrelated")) EXPECT_EQ(z, 0.0F);
}

TEST_F(TrainQuery, GivesTheSameFileForTheSameSeed) {
  const auto bytes = [&] {
    std::ifstream file(options_.out, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  ASSERT_TRUE(train_query(options_, quiet_));
  const std::string first = bytes();
  ASSERT_TRUE(train_query(options_, quiet_));
  EXPECT_EQ(bytes(), first);
}

// A folder of `pith train rl` holds a reader's answers, which are nobody else's.
TEST_F(TrainQuery, CopiesAFoldersPolicyButNotItsRun) {
  const std::string from = shipped_encoder();
  for (const char* name : {"answers.txt", "result.json", "run.json", "run.jsonl"}) {
    std::ofstream(from + "/" + name) << "of the run";
  }
  options_.policy = from;
  options_.out = dir_.file("asked");
  const auto trained = train_query(options_, quiet_);
  ASSERT_TRUE(trained) << trained.error().detail;
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(options_.out)) {
    names.insert(entry.path().filename().string());
  }
  EXPECT_EQ(names, (std::set<std::string>{"config.json", "model.safetensors",
                                          "sentencepiece.bpe.model", "words.linear"}));
}

TEST_F(TrainQuery, AFolderMayBeTrainedInItsPlace) {
  const std::string folder = shipped_encoder();
  options_.policy = options_.out = folder;
  const auto trained = train_query(options_, quiet_);
  ASSERT_TRUE(trained) << trained.error().detail;
  const auto model = LinearModel::open(folder + "/words.linear");
  ASSERT_TRUE(model);
  EXPECT_TRUE(std::ranges::any_of(model->slots(),
                                  [](const LinearModel::Slot& slot) { return slot.weight != 0; }));
}

TEST_F(TrainQuery, NeedsQuestionsThatTheirTextsAnswer) {
  std::ofstream(dir_.file("questions.jsonl"))
      << R"({"context": "a b c d e f g h i j", "question": "Is it c?", "answers": ["yes"]})"
      << "\n";
  const auto trained = train_query(options_, quiet_);
  ASSERT_FALSE(trained);
  EXPECT_EQ(trained.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(TrainQuery, SaysWhichPoliciesReadQueries) {
  options_.policy = PITH_MODELS "/ngram-en.ngram";
  const auto trained = train_query(options_, [](const std::string&) {});
  ASSERT_FALSE(trained);
  EXPECT_NE(trained.error().detail.find("pith-linear"), std::string::npos)
      << trained.error().detail;
}

}  // namespace
}  // namespace pith
