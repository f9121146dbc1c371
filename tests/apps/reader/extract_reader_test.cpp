// The extractive reader: which runs it chooses, against all choices; prompts; folders; odd texts.
#include "apps/reader/extract_reader.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "apps/eval/prompts.h"
#include "apps/reader/built_in_reader.h"
#include "apps/reader/extract_choice.h"
#include "apps/reader/extract_features.h"
#include "stages/network/counter_random.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

ExtractModel noisy_model() {
  ExtractModel model;
  model.weights.resize(1U << 12U);
  for (std::size_t i = 0; i < model.weights.size(); ++i) {
    model.weights[i] = 0.3F * normal_number(7, i);
  }
  model.run_cost = 1;
  return model;
}

std::vector<WordOnOffer> offers(const std::vector<double>& wanted) {
  std::vector<WordOnOffer> words;
  for (std::size_t i = 0; i < wanted.size(); ++i) words.push_back({i + 1, 1, wanted[i]});
  return words;
}

double never(std::size_t, std::size_t) { return 0; }

TEST(BestRuns, HaveTheLargestExpectedFMeasureOfAllChoices) {
  constexpr std::size_t kWords = 10;
  constexpr double kSummary = 4;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    std::vector<double> wanted(kWords);
    for (std::size_t i = 0; i < kWords; ++i) wanted[i] = uniform_number(seed, i);
    const auto expected_f = [&](unsigned set) {
      double common = 0;
      double said = 0;
      for (std::size_t i = 0; i < kWords; ++i) {
        if ((set >> i & 1U) == 0) continue;
        common += wanted[i];
        ++said;
      }
      return 2 * common / (said + kSummary);
    };
    double best = 0;
    for (unsigned set = 0; set < 1U << kWords; ++set) best = std::max(best, expected_f(set));
    unsigned chosen = 0;
    for (const ByteSpan& run : best_runs(offers(wanted), kSummary, never, {.run_cost = 0})) {
      for (std::uint32_t i = run.begin; i < run.end; ++i) chosen |= 1U << i;
    }
    EXPECT_NEAR(expected_f(chosen), best, 1e-9) << seed;
  }
}

TEST(BestRuns, AreFewerAndLongerWhenTheyCost) {
  const std::vector<WordOnOffer> words = offers({.9, .2, .9, .0, .0, .0, .0, .6, .0, .9, .3, .8});
  const auto runs = [&](double cost) { return best_runs(words, 6, never, {.run_cost = cost}); };
  EXPECT_EQ(runs(0).size(), 5U);
  const std::vector<ByteSpan> few = {{0, 3}, {9, 12}};
  EXPECT_EQ(runs(2), few);
}

TEST(BestRuns, SayAWordAgainOnlyWhenTheSummaryDoes) {
  std::vector<WordOnOffer> words = offers({.9, .0, .0, .9});
  words[3].spelling = words[0].spelling;
  const auto runs = [&](double again) {
    return best_runs(words, 2, [again](std::size_t, std::size_t) { return again; },
                     {.run_cost = 0});
  };
  const std::vector<ByteSpan> once = {{0, 1}};
  EXPECT_EQ(runs(0.1), once);
  EXPECT_EQ(runs(0.9).size(), 2U);
}

TEST(BestRuns, OfNothingAreNone) {
  EXPECT_TRUE(best_runs({}, 5, never, {}).empty());
  const WordOnOffer marks[] = {{1, 0, 0}, {2, 0, 0}};
  EXPECT_TRUE(best_runs(marks, 5, never, {}).empty());
}

TEST(ExtractText, KnowsLinesSpeakersAndRepetitions) {
  const ExtractText text = extract_text(
      {"Anna B: Red fox.\nA red, well-fed fox!\n\nDoctor: Foxes: no.", "foxes?"}, WordRarity());
  ASSERT_EQ(text.num_lines, 3U);
  const std::vector<SpanWord>& words = text.text.words;
  EXPECT_EQ(text.speaker[0], word_hash("b"));
  EXPECT_EQ(text.speaker[1], 0U);
  EXPECT_EQ(text.speaker[2], word_hash("doctor"));
  EXPECT_TRUE(text.words[0].label);
  EXPECT_TRUE(text.words[2].label) << "the colon";
  EXPECT_FALSE(text.words[3].label);
  std::uint32_t foxes = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (text.words[i].times == 3 && text.words[i].cost > 0) foxes += text.words[i].first ? 1 : 10;
    if (words[i].lower == word_hash("well-fed")) {
      EXPECT_EQ(text.words[i].cost, 2);
    }
  }
  EXPECT_EQ(foxes, 21U) << "one first, two again";
  EXPECT_EQ(text.total_cost, 12U);
}

TEST(ExtractReader, AnswersPromptsOfItsTaskOnly) {
  ExtractReader reader(noisy_model());
  TaskRecord record;
  record.question = "What was said?";
  const std::string text = "Anna: the fox sleeps.\nBoris: it does not, it eats.";
  const auto answer = reader.answer(task_prompt(EvalTask::kSummary, record, text));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text, reader.summary({text, record.question}));
  EXPECT_FALSE(answer->text.empty());
  const auto without = reader.answer(task_prompt(EvalTask::kSummary, record, std::nullopt));
  ASSERT_TRUE(without);
  EXPECT_EQ(without->text, "");
  const auto empty = reader.answer(task_prompt(EvalTask::kSummary, record, ""));
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->text, "");
  const auto other = reader.answer(task_prompt(EvalTask::kQa, record, text));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kPromptTooLong);
}

TEST(ExtractReader, SaysWordsOfTheTextInItsOrder) {
  const ExtractReader reader(noisy_model());
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text += "w" + std::to_string(random_bits(3, static_cast<std::uint64_t>(i)) % 97) +
            (i % 11 == 0 ? ".\n" : " ");
  }
  const std::string said = reader.summary({text, "w5 and w7?"});
  ASSERT_FALSE(said.empty());
  std::size_t from = 0;
  for (const char c : said) {
    if (c == ' ' || c == '\n') continue;
    from = text.find(c, from);
    ASSERT_NE(from, std::string::npos);
    ++from;
  }
}

TEST(ExtractReader, ReadsBytesThatAreNoText) {
  const ExtractReader reader(noisy_model());
  std::string bytes;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    bytes += static_cast<char>(random_bits(9, i) % (i < 2000 ? 256 : 64));
  }
  EXPECT_EQ(reader.summary({bytes, bytes.substr(0, 200)}),
            reader.summary({bytes, bytes.substr(0, 200)}));
  for (const char* odd : {"\xff", ":", "\n\n", "a:", "\xe6\x97", "東京タワーは高い。", "...\n:"}) {
    reader.summary({odd, odd});
  }
}

TEST(ExtractReader, AFolderGivesWhatItsNumbersGive) {
  const TemporaryDir dir;
  std::filesystem::create_directories(dir.file("r"));
  ExtractModel model = noisy_model();
  model.run_cost = 2.5F;
  ASSERT_TRUE(write_extract_model(dir.file("r"), model));
  const auto opened = open_built_in_reader(dir.file("r"));
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ(opened->kind, BuiltInKind::kSummaries);
  EXPECT_TRUE(std::filesystem::exists(built_in_weights(dir.file("r"))));
  const auto read = read_extract_model(dir.file("r"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->run_cost, 2.5F);
  EXPECT_EQ(read->weights.size(), model.weights.size());
  EXPECT_NEAR(read->weights[5], model.weights[5], 1e-3);
}

TEST(ExtractReader, ADamagedFolderIsAnErrorThatNamesTheFile) {
  const TemporaryDir dir;
  std::filesystem::create_directories(dir.file("r"));
  ASSERT_TRUE(write_extract_model(dir.file("r"), noisy_model()));
  std::filesystem::resize_file(extract_model_file(dir.file("r")), 1000);
  const auto opened = open_built_in_reader(dir.file("r"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kFileUnreadable);
  EXPECT_NE(opened.error().detail.find("extractor.safetensors"), std::string::npos);
}

}  // namespace
}  // namespace pith
