// A decoder learns to say what commands do, names it never saw included; stops do not change it.
#include "apps/train/train_summarizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "apps/reader/decoder_reader.h"
#include "apps/reader/summary_prompt.h"
#include "stages/network/counter_random.h"
#include "tests/apps/reader/summary_vocabulary.h"

namespace pith {
namespace {

struct Command {
  std::string code, summary;
};

Command command(std::uint64_t number) {
  static const std::pair<const char*, const char*> kVerbs[] = {
      {"rm", "Remove the file"}, {"cat", "Show the file"}, {"wc", "Count words of"}};
  const auto& [verb, says] = kVerbs[random_bits(number, 0) % 3];
  std::string name;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    name += static_cast<char>('a' + random_bits(number, i) % 26);
  }
  return {std::string(verb) + " " + name, std::string(says) + " " + name};
}

class TrainSummarizer : public testing::SummaryVocabulary {
 protected:
  void SetUp() override {
    std::ofstream data(file("commands.jsonl"));
    for (std::uint64_t i = 0; i < 400; ++i) {
      const Command each = command(i);
      data << R"({"code":")" << each.code << R"(","summary":")" << each.summary
           << R"(","source":"s"})"
           << "\n";
    }
    data << R"({"code":"x","summary":"y","source":"left-out"})"
         << "\n";
    options_.data = {file("commands.jsonl")};
    options_.leave_out_sources = {"left-*"};
    options_.vocab = vocab();
    options_.num_layers = 1;
    options_.hidden_size = 32;
    options_.num_heads = options_.num_kv_heads = 2;
    options_.intermediate_size = 48;
    options_.examples.window = 64;
    options_.examples.answer_pieces = 24;
    options_.examples.deleted_share = 0.1;
    options_.batch = 16;
    options_.steps = 40;
    options_.learning_rate = 1e-2F;
    options_.dropout = 0.0F;
  }

  static std::string file_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  SummarizerTrainOptions options_;
  const Progress quiet_ = [](const std::string&) {};
};

TEST_F(TrainSummarizer, GivesAReaderThatReads) {
  options_.steps = 400;
  options_.out = file("learned");
  const auto trained = train_summarizer(options_, quiet_);
  ASSERT_TRUE(trained) << trained.error().detail;
  const auto reader = DecoderReader::open(options_.out);
  ASSERT_TRUE(reader) << reader.error().detail;
  std::size_t verbs = 0;
  std::size_t whole = 0;
  constexpr std::uint64_t kAsked = 60;
  for (std::uint64_t i = 0; i < kAsked; ++i) {
    const Command each = command(1'000'000 + i);
    const SummaryQuery query{each.code, ""};
    const auto said = (*reader)->summaries({&query, 1});
    ASSERT_TRUE(said);
    verbs += said->front().substr(0, 6) == each.summary.substr(0, 6) ? 1 : 0;
    whole += said->front() == each.summary ? 1 : 0;
  }
  EXPECT_GE(verbs, kAsked * 9 / 10);
  EXPECT_GE(whole, kAsked / 2) << "names are copied";
}

TEST_F(TrainSummarizer, AStoppedRunGoesOnToTheSameReader) {
  options_.dropout = 0.1F;
  options_.checkpoint_s = 0;
  options_.out = file("whole");
  ASSERT_TRUE(train_summarizer(options_, quiet_));
  const std::string expected = file_text(options_.out + "/model.safetensors");
  ASSERT_FALSE(expected.empty());

  options_.out = file("stopped");
  const Progress stop = [](const std::string& line) {
    if (line.starts_with("step 20")) throw std::runtime_error("stopped");
  };
  EXPECT_THROW((void)train_summarizer(options_, stop), std::runtime_error);
  ASSERT_TRUE(train_summarizer(options_, quiet_));
  EXPECT_EQ(file_text(options_.out + "/model.safetensors"), expected);

  options_.seed = 2;
  const auto other = train_summarizer(options_, quiet_);
  ASSERT_FALSE(other) << "a run of other options";
  EXPECT_EQ(other.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(TrainSummarizer, GoesOnFromAnotherReader) {
  options_.out = file("first");
  ASSERT_TRUE(train_summarizer(options_, quiet_));
  options_.init = options_.out;
  options_.out = file("second");
  options_.steps = 1;
  options_.learning_rate = 0.0F;
  ASSERT_TRUE(train_summarizer(options_, quiet_));
  EXPECT_EQ(file_text(options_.out + "/model.safetensors"),
            file_text(options_.init + "/model.safetensors"));
}

TEST_F(TrainSummarizer, SizesThatDoNotFitAreErrors) {
  options_.out = file("never");
  const auto refused = [&](auto change) {
    SummarizerTrainOptions options = options_;
    change(options);
    const auto trained = train_summarizer(options, quiet_);
    return !trained && trained.error().code == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](auto& options) { options.num_heads = 3; }));
  EXPECT_TRUE(refused([](auto& options) { options.num_kv_heads = 4; }));
  EXPECT_TRUE(refused([](auto& options) { options.examples.answer_pieces = 50; }));
  EXPECT_TRUE(refused([](auto& options) { options.leave_out_sources = {"*"}; }));
  EXPECT_FALSE(std::filesystem::exists(options_.out));
}

class SummaryExamples : public testing::SummaryVocabulary {
 protected:
  const SummaryRecord record_ = {"the first house and the second house", "which?",
                                 "two of the house", "s"};
  SummaryExampleOptions options_ = {64, 24, 0.0, 0.0, 0.0, true};
};

TEST_F(SummaryExamples, TheSummaryFollowsTheTextAndItsEndIsLearned) {
  const SummaryExample example = summary_example(*pieces_, record_, options_, 1);
  const SummaryPrompt prompt = summary_prompt(*pieces_, {record_.text, record_.query}, 40);
  std::vector<std::int32_t> summary = pieces_->encode(record_.summary);
  std::vector<std::int32_t> ids = prompt.ids;
  ids.insert(ids.end(), summary.begin(), summary.end());
  EXPECT_EQ(example.ids, ids);
  summary.push_back(SummaryPieces::kEnd);
  EXPECT_EQ(example.targets, summary);
  for (std::size_t i = 0; i < summary.size(); ++i) {
    EXPECT_EQ(example.rows[i], prompt.ids.size() - 1 + i);
    EXPECT_FALSE(example.hints[i].empty());
  }
}

TEST_F(SummaryExamples, ALongSummaryIsCutWithoutAnEnd) {
  options_.answer_pieces = 3;
  const SummaryExample example = summary_example(*pieces_, record_, options_, 1);
  EXPECT_EQ(example.targets.size(), 3U);
  EXPECT_EQ(std::ranges::count(example.targets, SummaryPieces::kEnd), 0);
}

TEST_F(SummaryExamples, TextsLoseWordsOrAreAbsent) {
  const std::size_t full = summary_example(*pieces_, record_, options_, 1).ids.size();
  options_.absent_share = 0.3;
  options_.deleted_share = 0.7;
  std::size_t absent = 0;
  std::size_t shorter = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const SummaryExample example = summary_example(*pieces_, record_, options_, seed);
    EXPECT_EQ(example.ids, summary_example(*pieces_, record_, options_, seed).ids);
    const auto separator = std::ranges::find(example.ids, pieces_->separator());
    const auto query_end = std::ranges::find(example.ids, pieces_->query_end());
    absent += separator - query_end == 1 ? 1 : 0;
    shorter += example.ids.size() < full ? 1 : 0;
  }
  EXPECT_GT(absent, 60U);
  EXPECT_LT(absent, 150U);
  EXPECT_GT(shorter, absent + 100U);
}

TEST_F(SummaryExamples, AShareOfTheTextIsLearned) {
  options_.text_share = 1.0;
  const SummaryExample example = summary_example(*pieces_, record_, options_, 1);
  const std::size_t of_text = example.rows.size() - example.num_summary;
  EXPECT_EQ(of_text, pieces_->encode(record_.text).size() - 1);
  for (std::size_t i = 0; i < of_text; ++i) {
    EXPECT_EQ(example.targets[i], example.ids[example.rows[i] + 1]);
    EXPECT_TRUE(example.hints[i].empty());
  }
}

}  // namespace
}  // namespace pith
