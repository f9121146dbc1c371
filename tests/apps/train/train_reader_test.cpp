// A reader learns to find who lives where; its loss's gradient; stops do not change it.
#include "apps/train/train_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "apps/reader/span_reader.h"
#include "stages/network/counter_random.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

ReaderRecord record_of(std::string text, std::string question, std::vector<std::string> answers) {
  ReaderRecord record;
  record.text = std::move(text);
  record.question = std::move(question);
  record.answers = std::move(answers);
  record.kind = question_kind(record.answers);
  return record;
}

const std::vector<std::string> kNames = {"Anna", "Boris", "Chen", "Dora", "Emil", "Fay", "Gus"};
const std::vector<std::string> kPlaces = {"Rome", "Oslo", "Lima", "Cairo", "Paris", "Quito"};

/// Three people, three places; the question is about one of them.
ReaderRecord house_record(std::uint64_t number) {
  const auto draw = [&](std::uint64_t what, const auto& list) {
    return list[random_bits(number, what) % list.size()];
  };
  std::string text;
  std::string name;
  std::string place;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const std::string who = draw(i, kNames) + std::string(i, 'x');
    const std::string where = draw(10 + i, kPlaces);
    text += "Since May " + who + " lives in " + where + " near a river. ";
    if (i == number % 3) {
      name = who;
      place = where;
    }
  }
  return record_of(text, "Where does " + name + " live?", {place});
}

class TrainReader : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream data(dir_.file("questions.jsonl"));
    for (std::uint64_t i = 0; i < 300; ++i) {
      const ReaderRecord record = house_record(i);
      data << R"({"context":")" << record.text << R"(","question":")" << record.question
           << R"(","answers":[")" << record.answers.front() << R"("],"lang":"en","source":"s"})"
           << "\n";
    }
    data << R"({"context":"x","question":"y?","answers":[],"lang":"de","source":"left"})"
         << "\n";
    options_.data = {dir_.file("questions.jsonl")};
    options_.filter.leave_out_sources = {"left"};
    options_.weight_bits = 14;
    options_.epochs = 2;
    options_.out = dir_.file("reader");
  }

  static std::string file_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryDir dir_;
  ReaderTrainOptions options_;
  const Progress quiet_ = [](const std::string&) {};
};

TEST_F(TrainReader, GivesAReaderThatReads) {
  const auto trained = train_reader(options_, quiet_);
  ASSERT_TRUE(trained) << trained.error().detail;
  const auto reader = SpanReader::open(options_.out);
  ASSERT_TRUE(reader) << reader.error().detail;
  int right = 0;
  for (std::uint64_t i = 1000; i < 1050; ++i) {
    const ReaderRecord record = house_record(i);
    const SpanQuery query = {record.text, record.question};
    right += (*reader)->answers({&query, 1}).front() == record.answers.front() ? 1 : 0;
  }
  EXPECT_GE(right, 45);
}

TEST_F(TrainReader, AStoppedRunGoesOnToTheSameWeights) {
  ASSERT_TRUE(train_reader(options_, quiet_));
  const std::string whole = file_text(options_.out + "/reader.safetensors");
  options_.out = dir_.file("stopped");
  options_.checkpoint_s = 0.02;
  struct Stop {};
  int lines = 0;
  // After the first records, as a process would be killed.
  options_.record_steps = 100;
  EXPECT_THROW(static_cast<void>(train_reader(options_,
                                              [&](const std::string&) {
                                                if (++lines == 4) throw Stop();
                                              })),
               Stop);
  ASSERT_FALSE(std::filesystem::exists(options_.out + "/reader.safetensors"));
  ASSERT_TRUE(std::filesystem::exists(options_.out + "/checkpoint.safetensors"));
  ASSERT_TRUE(train_reader(options_, quiet_));
  EXPECT_EQ(file_text(options_.out + "/reader.safetensors"), whole);
  options_.learning_rate *= 2;
  const auto other = train_reader(options_, quiet_);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(TrainReader, NamesTheLineOfAWrongRecord) {
  std::ofstream(dir_.file("wrong.jsonl")) << R"({"context":"a","question":"b","answers":"c"})";
  options_.data = {dir_.file("wrong.jsonl")};
  const auto trained = train_reader(options_, quiet_);
  ASSERT_FALSE(trained);
  EXPECT_EQ(trained.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(trained.error().detail.find("wrong.jsonl:1: "), std::string::npos);
}

TEST(ReaderRecords, KeepOnlyTheVerdictOfAYesNoQuestion) {
  const TemporaryDir dir;
  std::ofstream(dir.file("q.jsonl"))
      << R"({"context":"a","question":"b","answers":["yes","long"]})";
  const auto records = read_reader_records(dir.file("q.jsonl"), {});
  ASSERT_TRUE(records);
  EXPECT_EQ(records->front().answers, std::vector<std::string>{"yes"});
  EXPECT_EQ(records->front().kind, QuestionKind::kYesNo);
}

TEST(DeleteWords, KeepsAboutTheShareAndWhatMustStay) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "w" + std::to_string(i) + " ";
  const auto place = static_cast<std::uint32_t>(text.find("w500 "));
  const ByteSpan always[] = {{place, place + 4}};
  const auto count = [](const std::string& kept) { return std::ranges::count(kept, ' '); };
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const std::string kept = delete_words(text, 0.25, always, seed);
    EXPECT_NE(kept.find("w500 "), std::string::npos);
    EXPECT_NEAR(static_cast<double>(count(kept)), 250, 60);
  }
  EXPECT_EQ(delete_words(text, 1.0, {}, 1), text);
  EXPECT_EQ(delete_words(text, 0.0, {}, 1), "");
  EXPECT_EQ(delete_words(text, 0.5, {}, 1), delete_words(text, 0.5, {}, 1));
}

TEST(SpanTargets, AreAllPlacesOfAllAnswers) {
  const ReaderRecord record = record_of("Red fox, red fox. A fox.", "?", {"red fox", "A fox."});
  const auto words = span_words(record.text);
  const SpanTargets targets = span_targets(record, record.text, words);
  ASSERT_EQ(targets.spans.size(), 2U);
  EXPECT_TRUE(targets.wants({3, 4}));
  EXPECT_TRUE(targets.wants({6, 7})) << "without the stop";
  EXPECT_FALSE(targets.wants({0, 1})) << "to the letter";
  const SpanTargets gone = span_targets(record, "Nothing here", span_words("Nothing here"));
  EXPECT_EQ(gone.no_span, NoSpan::kUnanswerable);
  const ReaderRecord verdict = record_of("x", "?", {"No"});
  EXPECT_EQ(span_targets(verdict, "x", span_words("x")).no_span, NoSpan::kNo);
  const ReaderRecord marks = record_of("a, b", "?", {","});
  EXPECT_TRUE(span_targets(marks, "a, b", span_words("a, b")).empty());
}

TEST(SpanTargets, OfScriptsWithoutBlanksAreWordsAround) {
  const ReaderRecord record = record_of("東京タワーは高い", "?", {"京タワ"});
  const auto words = span_words(record.text);
  const SpanTargets targets = span_targets(record, record.text, words);
  ASSERT_EQ(targets.spans.size(), 1U);
  EXPECT_LE(words[targets.spans[0].first].begin, 3U);
  EXPECT_GE(words[targets.spans[0].last].end, 12U);
}

/// Central differences of both rounds, over everything that the gradient names.
TEST(SpanLoss, GradientMatchesCentralDifference) {
  const ReaderRecord record = record_of("Anna lives in Rome. Boris lives in Oslo, by the sea.",
                                        "Where is Boris?", {"Oslo"});
  SpanReading reading;
  SpanTargets targets;
  ASSERT_TRUE(prepare_reading(record, record.text, WordRarity(), reading, targets));
  std::vector<float> weights(1U << 12U);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = 0.2F * normal_number(5, i);
  score_edges(weights, {}, reading);
  list_spans(reading);
  score_spans(
      weights, {}, [&](const SpanCandidate& span) { return targets.wants(span); }, reading);
  // What a whole span adds to its edges and length.
  std::vector<float> more;
  const auto edges = [&](const SpanCandidate& span) {
    return reading.begin_score[span.first] + reading.end_score[span.last] +
           reading.length_score[span.last - span.first];
  };
  for (const SpanCandidate& span : reading.kept) more.push_back(span.score - edges(span));
  SpanGradient gradient;
  const auto loss = [&] {
    list_spans(reading);
    for (std::size_t i = 0; i < more.size(); ++i) {
      reading.kept[i].score = edges(reading.kept[i]) + more[i];
    }
    const SpanLoss both = span_loss(reading, targets, gradient);
    return both.edges + both.spans;
  };
  loss();
  const SpanGradient actual = gradient;
  const auto expect_slope = [&](float& score, double slope) {
    constexpr float kStep = 1e-2F;
    const float before = score;
    score = before + kStep;
    const double above = loss();
    score = before - kStep;
    const double below = loss();
    score = before;
    EXPECT_NEAR((above - below) / (2.0 * kStep), slope, 2e-3);
  };
  for (std::size_t i = 0; i < reading.begin_score.size(); ++i) {
    if (reading.text.words[i].may_begin) expect_slope(reading.begin_score[i], actual.begin[i]);
    if (reading.text.words[i].may_end) expect_slope(reading.end_score[i], actual.end[i]);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    expect_slope(reading.length_score[i], actual.length[i]);
    expect_slope(reading.no_span_score[i], actual.no_span[i]);
    expect_slope(more[i], actual.span[i]);
  }
}

}  // namespace
}  // namespace pith
