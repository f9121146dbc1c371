#include "apps/train/train_ngram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "stages/score/ngram_policy.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

const std::string kTexts = PITH_TEST_DATA "/train/texts.jsonl";

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class TrainNgram : public testing::Test {
 protected:
  TrainNgram() {
    options_.data = {kTexts};
    options_.out = dir_.file("tiny.ngram");
    leave_out_by_default(options_.selection);
    options_.vocab_size = 600;
    options_.size_mb = 0.1;
  }

  Result<Done> train() {
    said_.clear();
    return train_ngram(options_, [this](const std::string& line) { said_ += line + "\n"; });
  }
  /// Trains, and hands out the file.
  std::string trained() {
    const Result<Done> done = train();
    EXPECT_TRUE(done) << done.error().detail;
    return bytes_of(options_.out);
  }
  std::string written(const std::string& name, const std::string& content) {
    std::ofstream(dir_.file(name), std::ios::binary) << content;
    return dir_.file(name);
  }

  TemporaryDir dir_;
  NgramTrainOptions options_;
  std::string said_;
};

TEST_F(TrainNgram, SameTextsAndSeedGiveTheSameBytes) {
  options_.selection.language_mb_max = 0.0012;  // So that documents are drawn by the seed.
  const std::string first = trained();
  const std::string again = trained();
  EXPECT_FALSE(first.empty());
  EXPECT_TRUE(first == again);

  options_.selection.seed = 2;
  EXPECT_FALSE(trained() == first);
}

TEST_F(TrainNgram, FileIsAPolicyOfThatNameWithinTheSize) {
  options_.size_mb = 0.03;
  const std::string file = trained();

  EXPECT_LE(file.size(), 30000U);
  const auto policy = NgramPolicy::open(options_.out);
  ASSERT_TRUE(policy) << policy.error().detail;
  EXPECT_EQ((*policy)->name(), "tiny");
  EXPECT_THAT(said_, testing::HasSubstr((*policy)->id()));
}

TEST_F(TrainNgram, LeavesOutSourcesOfTestContextsAndThoseThatMayNotShip) {
  const std::string clean = trained();
  EXPECT_EQ(clean.find("quokka"), std::string::npos);
  for (const char* source : {"wiki-en", "qmsum", "loghub", "gpteacher-roleplay"}) {
    EXPECT_THAT(said_,
                testing::ContainsRegex(std::string("left out +") + source + " +1 documents"));
  }

  // The same word is learnt as soon as they are let in: what stands above can fail.
  options_.selection.leave_out_sources.clear();
  EXPECT_NE(trained().find("quokka"), std::string::npos);
}

TEST_F(TrainNgram, LeavesOutDocumentsThatShareTextWithWatchedOnes) {
  options_.leave_out_texts_of = {
      written("watched.jsonl",
              R"({"text": "and by Wednesday they were gone. The children ask every day when we )"
              R"(come to see you and the dog. We think of"})")};
  trained();
  EXPECT_THAT(said_, testing::HasSubstr("share text with --leave-out-texts: 1 documents"));
}

TEST_F(TrainNgram, TakesOnlyTheLanguagesAskedFor) {
  options_.selection.languages = {"de"};
  trained();
  EXPECT_THAT(said_, testing::ContainsRegex("language +de +2 documents"));
  EXPECT_THAT(said_, testing::Not(testing::ContainsRegex("language +en")));
}

TEST_F(TrainNgram, SaysWhichLineOfAFileIsWrong) {
  const std::string good = R"({"text": "a line that is well formed", "lang": "en"})";
  for (const auto& [content, problem] : std::vector<std::pair<std::string, std::string>>{
           {good + "\n{\"text\": \"cut of", "bad.jsonl:2: not JSON"},
           {good + "\n" + good + "\n{\"texts\": 1}\n", "bad.jsonl:3: no string field: text"},
           {"\x28\xB5\x2F\xFD and then no zstd", "bad.jsonl: zstd: "}}) {
    options_.data = {written("bad.jsonl", content)};
    const Result<Done> done = train();
    ASSERT_FALSE(done) << content;
    EXPECT_THAT(done.error().detail, testing::HasSubstr(problem));
  }
  EXPECT_EQ(bytes_of(options_.out), "");
}

TEST_F(TrainNgram, MissingFileAndNoTextsAreErrors) {
  options_.data = {dir_.file("nowhere.jsonl")};
  const Result<Done> missing = train();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kFileUnreadable);
  EXPECT_THAT(missing.error().detail, testing::HasSubstr("nowhere.jsonl"));

  options_.data = {kTexts};
  options_.selection.languages = {"tlh"};
  const Result<Done> none = train();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(none.error().detail, "no document is left to train on");
}

TEST_F(TrainNgram, PredictsItsOwnTextBetterThanStrangeText) {
  options_.selection.languages = {"en"};
  trained();
  const std::string own =
      written("own.jsonl",
              R"({"text": "the needle of the gauge stands at zero. Turn the lid to the left."})");
  const std::string strange = written(
      "strange.jsonl", R"({"text": "zq xvoj bkwuf pyl qqzr jjkv xoq wubzf vkp qiz oxuj wvvk"})");

  const auto near = held_out_fit(options_.out, {own}, {});
  const auto far = held_out_fit(options_.out, {strange}, {});

  ASSERT_TRUE(near && far);
  EXPECT_LT(2 * near->bits_per_byte(), far->bits_per_byte());
}

}  // namespace
}  // namespace pith
