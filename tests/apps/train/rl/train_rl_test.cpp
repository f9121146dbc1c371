// Learning by reward on a task whose right answer is known: names and colours must stay.
#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <filesystem>
#include <fstream>

#include "apps/reader/chat_reader.h"
#include "apps/train/rl/rl_training.h"
#include "stages/score/keep_policy.h"
#include "tests/apps/http/test_upstream.h"
#include "tests/apps/train/rl/toy_task.h"

namespace pith {
namespace {

using testing::LexicalReader;

class TrainRl : public testing::ToyTask {
 protected:
  RlOptions options(const std::string& out) const {
    RlOptions options;
    options.policy = policy_;
    options.data = dir_.file("train.jsonl");
    options.valid = dir_.file("valid.jsonl");
    options.valid_records = 40;
    options.valid_every = 20;
    options.out = dir_.file(out);
    options.times = {2.9};
    options.learning_rate = 5e-3F;
    options.band.kl = 0.01;
    options.batch = 16;
    options.steps = 40;
    options.concurrency = 2;
    options.checkpoint_s = 1e9;
    return options;
  }

  RlOutcome trained(const RlOptions& options) {
    const auto outcome = train_rl(options, reader_, counter_, quiet_);
    EXPECT_TRUE(outcome) << outcome.error().detail;
    return outcome ? *outcome : RlOutcome{};
  }

  static std::string bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const Progress quiet_ = [](const std::string& line) {
    if (std::getenv("PITH_TEST_PROGRESS") != nullptr) std::puts(line.c_str());
  };
};

TEST_F(TrainRl, BandLearnsFromPairsOfOppositeLuck) {
  const RlOutcome outcome = trained(options("run"));
  EXPECT_LT(outcome.valid_first, 0.4);
  EXPECT_GT(outcome.valid_best, 0.65);
  EXPECT_EQ(outcome.steps, 40U);
  EXPECT_LE(outcome.learning_calls, 40U * 16 * 4);
  EXPECT_TRUE(std::filesystem::exists(dir_.file("run/curve.svg")));
  const auto served = open_policy(dir_.file("run"));
  ASSERT_TRUE(served) << served.error().detail;
}

TEST_F(TrainRl, BandLearnsWithEveryBaseline) {
  for (const auto baseline : {RlBaseline::kLeaveOneOut, RlBaseline::kSelfCritical,
                              RlBaseline::kMoving, RlBaseline::kNone}) {
    RlOptions options = this->options("run" + std::to_string(static_cast<int>(baseline)));
    options.band.baseline = baseline;
    options.band.opposite = false;
    const RlOutcome outcome = trained(options);
    EXPECT_GT(outcome.valid_best, outcome.valid_first + 0.3) << static_cast<int>(baseline);
  }
}

TEST_F(TrainRl, TacoLearns) {
  RlOptions options = this->options("run");
  options.method = RlMethod::kTaco;
  options.against = RewardAgainst::kFull;
  options.taco.rate = 0.4;
  options.steps = 120;
  const RlOutcome outcome = trained(options);
  EXPECT_GT(outcome.valid_best, outcome.valid_first + 0.3);
}

TEST_F(TrainRl, TheBridgeBringsTacosDrawsIntoTheGate) {
  RlOptions options = this->options("run");
  options.method = RlMethod::kTaco;
  options.taco.rate = 0.7;  // The network that knows nothing keeps a half.
  options.taco.tolerance = 0.2;
  options.steps = 3;
  options.learning_rate = 1e-9F;
  trained(options);
  std::ifstream records(dir_.file("run/run.jsonl"));
  double inside = 0;
  int lines = 0;
  for (std::string line; std::getline(records, line);) {
    if (const auto at = line.find("\"inside\":"); at != std::string::npos) {
      inside += std::stod(line.substr(at + 9));
      ++lines;
    }
  }
  ASSERT_EQ(lines, 3);
  EXPECT_GT(inside / lines, 0.3);
}

/// Colours are core, names keep, in texts of the task.
void write_labels(const std::string& path) {
  std::ofstream file(path);
  for (std::uint64_t i = 0; i < 60; ++i) {
    const std::string text = testing::toy_text(5000 + i).text;
    std::string words;
    std::string labels;
    for (std::size_t begin = 0, place = 0; begin < text.size(); ++place) {
      const std::size_t end = std::min(text.find(' ', begin), text.size());
      const char* comma = place > 0 ? "," : "";
      words += comma + ("[" + std::to_string(begin) + "," + std::to_string(end) + "]");
      labels += comma + std::string(place % 6 == 4 ? "1" : place % 6 == 5 ? "2" : "0");
      begin = end + 1;
    }
    file << R"({"text": ")" << text << R"(", "words": [)" << words << R"(], "labels": [)" << labels
         << R"(], "source": ")" << (i % 2 == 0 ? "toy:a" : "other") << "\"}\n";
  }
}

TEST_F(TrainRl, TheControlLearnsFromLabelsAndAsksOnlyToMeasure) {
  write_labels(dir_.file("labels.jsonl"));
  RlOptions options = this->options("run");
  options.method = RlMethod::kFurther;
  options.labels = {dir_.file("labels.jsonl")};
  options.label_sources = {"toy:*"};
  options.learning_rate = 1e-2F;
  const RlOutcome outcome = trained(options);
  EXPECT_GT(outcome.valid_best, 0.8);
  EXPECT_EQ(outcome.learning_calls, 0U);
  options.out = dir_.file("none");
  options.label_sources = {"nothing"};
  EXPECT_FALSE(train_rl(options, reader_, counter_, quiet_));
}

TEST(OwnLabels, AreTheFirstWordsAtTheSharesOfTheAnnotated) {
  std::vector<LabelledText> texts(1);
  texts[0].labels = {0, 1, 2, 0, 0, 1, 0, 0, 0, 0};
  const LabelShares shares = label_shares(texts);
  EXPECT_DOUBLE_EQ(shares.keep, 0.3);
  EXPECT_DOUBLE_EQ(shares.core, 0.1);
  const std::vector<float> z = {0, 5, 1, 1, -3, 4, 0, 0, 0, 0};
  EXPECT_EQ(own_labels(z, shares), (std::vector<KeepLabel>{0, 2, 1, 0, 0, 1, 0, 0, 0, 0}));
}

TEST(BestGap, IsWhereTheLossIsLeast) {
  std::vector<float> z;
  std::vector<KeepLabel> labels;
  for (int i = 0; i < 40; ++i) {
    z.push_back(0.1F * static_cast<float>(i) - 1.0F);
    labels.push_back(i % 7 == 0 || i > 35 ? 2 : i > 20 ? 1 : 0);
  }
  const float gap = best_gap(z, labels);
  std::vector<float> dz(z.size());
  float slope = 0.0F;
  ordinal_loss(z, labels, gap, dz, &slope);
  EXPECT_NEAR(slope, 0.0F, 1e-3F);
}

/// All that a checkpoint must bring back: a moving baseline, an adapting weight, answers.
class TrainRlAgain : public TrainRl {
 protected:
  RlOptions options(const std::string& out) const {
    RlOptions options = TrainRl::options(out);
    options.steps = 12;
    options.valid_every = 5;
    options.batch = 6;
    options.times = {2, 3.5};
    options.band.baseline = RlBaseline::kMoving;
    options.band.kl_target = 0.01;
    options.checkpoint_s = 0;
    options.reader_calls = 220;  // Ends the run before its steps are done.
    return options;
  }
};

TEST_F(TrainRlAgain, ARunThatWasKilledGivesTheSameWeights) {
  const RlOutcome whole = trained(options("whole"));
  EXPECT_LT(whole.steps, 12U);
  EXPECT_LE(whole.learning_calls, 220U);
  const std::string weights = bytes(dir_.file("whole/checkpoint.safetensors"));

  // Killed behind step 6, with the checkpoint of step 3 and later answers on disk.
  const RlOptions options = this->options("killed");
  const std::string checkpoint = dir_.file("killed/checkpoint.safetensors");
  reader_.num_calls = 0;
  reader_.refuse_from = 260;
  const auto killed = train_rl(options, reader_, counter_, [&](const std::string& line) {
    if (line.starts_with("step 4 of")) {
      std::filesystem::copy_file(checkpoint, dir_.file("older.safetensors"));
    }
  });
  ASSERT_FALSE(killed);
  EXPECT_EQ(killed.error().detail, "the reader has gone");
  std::filesystem::copy_file(dir_.file("older.safetensors"), checkpoint,
                             std::filesystem::copy_options::overwrite_existing);
  reader_.num_calls = 0;
  reader_.refuse_from = ~std::uint64_t{0};
  const RlOutcome resumed = trained(options);
  EXPECT_EQ(bytes(checkpoint), weights);
  EXPECT_EQ(resumed.learning_calls, whole.learning_calls);
  EXPECT_EQ(resumed.measuring_calls, whole.measuring_calls);
  EXPECT_EQ(resumed.best_step, whole.best_step);
  EXPECT_EQ(bytes(dir_.file("killed/model.safetensors")),
            bytes(dir_.file("whole/model.safetensors")));
  // What had been answered was not asked again.
  EXPECT_LT(reader_.num_calls, resumed.learning_calls + resumed.measuring_calls - 200);
}

TEST_F(TrainRlAgain, WeightsDoNotDependOnTheNumberOfThreads) {
  trained(options("many"));
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  RlOptions alone = options("one");
  alone.concurrency = 1;
  trained(alone);
  EXPECT_EQ(bytes(dir_.file("many/checkpoint.safetensors")),
            bytes(dir_.file("one/checkpoint.safetensors")));
}

// A reader behind a URL gives the rewards that one in the process gives.
TEST_F(TrainRlAgain, AReaderBehindAUrlTeachesTheSame) {
  trained(options("here"));
  LexicalReader behind;
  testing::TestUpstream server(testing::answer_each([&](const testing::RawMessage& request) {
    // The only escapes in the body are line ends.
    const std::size_t begin = request.content.find("Answer the question");
    std::string prompt = request.content.substr(begin, request.content.find('"', begin) - begin);
    for (std::size_t at = 0; (at = prompt.find("\\n", at)) != std::string::npos;) {
      prompt.replace(at, 2, "\n");
    }
    const auto answer = behind.answer(prompt);
    return R"({"choices":[{"message":{"content":")" + answer->text + R"("}}]})";
  }));
  ChatReaderOptions chat;
  chat.url = "http://127.0.0.1:" + std::to_string(server.port());
  chat.body.model = "toy";
  const auto reader = ChatReader::open(chat);
  ASSERT_TRUE(reader) << reader.error().detail;
  const auto outcome = train_rl(options("there"), **reader, counter_, quiet_);
  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ((*reader)->num_requests(), outcome->learning_calls + outcome->measuring_calls);
  EXPECT_EQ(behind.num_calls, (*reader)->num_requests());
  EXPECT_EQ(bytes(dir_.file("there/checkpoint.safetensors")),
            bytes(dir_.file("here/checkpoint.safetensors")));
}

TEST_F(TrainRlAgain, FrozenEmbeddingsStay) {
  RlOptions options = this->options("run");
  options.freeze_embeddings = true;
  options.valid.clear();
  trained(options);
  const auto before = TrainablePolicy::open(policy_);
  const auto after = TrainablePolicy::open(dir_.file("run"));
  ASSERT_TRUE(before && after);
  const std::size_t frozen = (*before)->embedding_parameters();
  ASSERT_GT(frozen, 0U);
  const auto was = (*before)->weights();
  const auto is = (*after)->weights();
  EXPECT_TRUE(
      std::equal(was.begin(), was.begin() + static_cast<std::ptrdiff_t>(frozen), is.begin()));
  EXPECT_FALSE(std::equal(was.begin(), was.end(), is.begin()));
}

TEST_F(TrainRlAgain, WrongOptionsAreNamed) {
  RlOptions options = this->options("run");
  options.band.samples = 3;
  const auto odd = train_rl(options, reader_, counter_, quiet_);
  ASSERT_FALSE(odd);
  EXPECT_NE(odd.error().detail.find("--samples"), std::string::npos);
  options = this->options("run");
  options.times = {0.5};
  EXPECT_FALSE(train_rl(options, reader_, counter_, quiet_));
  options = this->options("run");
  options.selection.sources = {"another"};
  EXPECT_FALSE(train_rl(options, reader_, counter_, quiet_));
}

// However many sources there are, all of them are part of what a run is.
TEST_F(TrainRlAgain, ARunGoesOnWithItsOwnSourcesAndTokenizerOnly) {
  RlOptions options = this->options("run");
  options.valid.clear();
  for (int i = 0; i < 200; ++i) {
    options.selection.languages.push_back("language-" + std::to_string(i));
  }
  options.selection.languages.push_back("en");
  trained(options);
  std::ifstream file(dir_.file("run/run.json"));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(text.ends_with("}\n"));
  EXPECT_NE(text.find("language-199 en"), std::string::npos);
  EXPECT_NE(text.find("\"tokenizer\": \"" + std::string(counter_->name()) + "\""),
            std::string::npos);
  options.selection.languages.push_back("fr");
  const auto other = train_rl(options, reader_, counter_, quiet_);
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().detail.find("run.json"), std::string::npos) << other.error().detail;
}

}  // namespace
}  // namespace pith
