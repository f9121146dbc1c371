// An extractive reader learns which lines of a talk its summaries have; stops do not change it.
#include "apps/train/train_extractor.h"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "apps/reader/extract_reader.h"
#include "stages/network/counter_random.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

const std::vector<std::string> kIdle = {
    "The weather was grey again this morning.", "Somebody left coffee near the printer.",
    "My train came late because of leaves.", "Lunch smells nice today."};
const std::vector<std::string> kTasks = {"budget", "website", "contract", "garden", "server"};
const std::vector<std::string> kNames = {"Anna", "Boris", "Chen", "Dora"};

/// Six lines of talk; what was decided is in one of them, and is the summary.
SummaryRecord talk(std::uint64_t number) {
  const auto draw = [&](std::uint64_t what, const auto& list) {
    return list[random_bits(number, what) % list.size()];
  };
  const std::string decided =
      "We decided that " + draw(1, kNames) + " repairs the " + draw(2, kTasks) + " on Monday.";
  SummaryRecord record;
  for (std::uint64_t line = 0; line < 6; ++line) {
    record.text += "Speaker: ";
    record.text += line == number % 6 ? decided : draw(10 + line, kIdle);
    record.text += "\n";
  }
  record.query = "What was decided?";
  record.summary = decided;
  return record;
}

class TrainExtractor : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream data(dir_.file("talks.jsonl"));
    for (std::uint64_t i = 0; i < 200; ++i) {
      const SummaryRecord record = talk(i);
      std::string lines;
      for (const char c : record.text) lines += c == '\n' ? std::string("\\n") : std::string(1, c);
      data << R"({"transcript":")" << lines << R"(","query":")" << record.query
           << R"(","summary":")" << record.summary << R"(","source":"s"})"
           << "\n";
    }
    data << R"({"transcript":"x","summary":"y","source":"left"})"
         << "\n";
    options_.data = {dir_.file("talks.jsonl")};
    options_.leave_out_sources = {"left"};
    options_.weight_bits = 16;
    options_.epochs = 3;
    options_.learning_rate = 0.1F;
    options_.out = dir_.file("reader");
  }

  static std::string file_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::string weights_in(const std::string& folder) {
    return file_text(extract_model_file(folder));
  }

  TemporaryDir dir_;
  ExtractorTrainOptions options_;
  const Progress quiet_ = [](const std::string&) {};
};

TEST_F(TrainExtractor, GivesAReaderThatQuotesWhatWasDecided) {
  const auto trained = train_extractor(options_, quiet_);
  ASSERT_TRUE(trained) << trained.error().detail;
  const auto reader = ExtractReader::open(options_.out);
  ASSERT_TRUE(reader) << reader.error().detail;
  int right = 0;
  for (std::uint64_t i = 1000; i < 1050; ++i) {
    const SummaryRecord record = talk(i);
    const std::string said = (*reader)->summary({record.text, record.query});
    right += said == record.summary ? 1 : 0;
  }
  EXPECT_GE(right, 45);
}

TEST_F(TrainExtractor, AStoppedRunGoesOnToTheSameWeights) {
  options_.weight_bits = 12;
  ASSERT_TRUE(train_extractor(options_, quiet_));
  const std::string whole = weights_in(options_.out);
  ASSERT_FALSE(whole.empty());
  options_.out = dir_.file("stopped");
  options_.checkpoint_s = 0;
  options_.record_steps = 100;
  struct Stop {};
  int lines = 0;
  // As a process would be killed.
  EXPECT_THROW(static_cast<void>(train_extractor(options_,
                                                 [&](const std::string&) {
                                                   if (++lines == 4) throw Stop();
                                                 })),
               Stop);
  ASSERT_FALSE(std::filesystem::exists(extract_model_file(options_.out)));
  ASSERT_TRUE(std::filesystem::exists(options_.out + "/checkpoint.safetensors"));
  ASSERT_TRUE(train_extractor(options_, quiet_));
  EXPECT_EQ(weights_in(options_.out), whole);
  options_.run_cost *= 2;
  const auto other = train_extractor(options_, quiet_);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(TrainExtractor, IsTheSameOnAnyNumberOfThreads) {
  ASSERT_TRUE(train_extractor(options_, quiet_));
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  const std::string first = weights_in(options_.out);
  options_.out = dir_.file("one");
  ASSERT_TRUE(train_extractor(options_, quiet_));
  EXPECT_EQ(weights_in(options_.out), first);
}

TEST_F(TrainExtractor, NamesWhatIsWrongWithTheData) {
  std::ofstream(dir_.file("wrong.jsonl")) << R"({"transcript":"a"})";
  options_.data = {dir_.file("wrong.jsonl")};
  const auto trained = train_extractor(options_, quiet_);
  ASSERT_FALSE(trained);
  EXPECT_EQ(trained.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(trained.error().detail.find("wrong.jsonl:1: "), std::string::npos);
}

TEST(ExtractTraining, DeletesWordsOfAShareOfTheTexts) {
  SummaryRecord record;
  for (int i = 0; i < 200; ++i) record.text += "word ";
  ExtractTrainingOptions options;
  options.deleted_share = 0.3;
  int shorter = 0;
  for (std::uint64_t step = 0; step < 1000; ++step) {
    const std::string text = training_text(record, options, step);
    EXPECT_LE(text.size(), record.text.size());
    EXPECT_GE(text.size(), record.text.size() / 12);
    shorter += text.size() < record.text.size() ? 1 : 0;
  }
  EXPECT_NEAR(shorter, 300, 60);
}

TEST(ExtractTraining, HasNothingToLearnFromNothing) {
  ExtractTraining training(1U << 10U, {});
  training.table().set_learning_rate(0.1F);
  SummaryRecord record = talk(1);
  EXPECT_TRUE(training.learn(record, WordRarity(), 0));
  record.summary = "...";
  EXPECT_FALSE(training.learn(record, WordRarity(), 1));
  record = talk(1);
  record.text.clear();
  EXPECT_FALSE(training.learn(record, WordRarity(), 2));
}

}  // namespace
}  // namespace pith
