// A reader that answers from the prompt it gets, so that every number can be derived.
#include "apps/eval/eval_run.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <atomic>
#include <cmath>
#include <mutex>

#include "apps/eval/eval_summary.h"
#include "apps/eval/reports.h"
#include "apps/reader/reader.h"
#include "stages/score/keep_policy.h"

namespace pith {
namespace {

/// Says "fox" when the prompt has the word, else that there is no answer.
class FoxReader : public Reader {
 public:
  Result<ReaderAnswer> answer(const std::string& prompt) override {
    const std::size_t number = num_asked_++;
    if (number >= ceiling) return Error{ErrorCode::kOverloaded, "ceiling"};
    if (broken) return Error{ErrorCode::kUnavailable, "down"};
    if (prompt.find(refused) != std::string::npos) return Error{ErrorCode::kPromptTooLong, "400"};
    const bool there = prompt.find("fox") != std::string::npos;
    return ReaderAnswer{.text = there ? "The fox." : "unanswerable",
                        .latency_us = 2000,
                        .prompt_tokens = 10,
                        .completion_tokens = 1,
                        .cached = number % 2 == 1};
  }
  std::size_t ceiling = SIZE_MAX;
  bool broken = false;
  std::string refused = "no such text";

 private:
  std::atomic<std::size_t> num_asked_{0};
};

class EvalRun : public testing::Test {
 protected:
  void SetUp() override {
    auto counter = load_token_counter("o200k_base", PITH_MODELS);
    ASSERT_TRUE(counter);
    parts_.counter = *counter;
    parts_.models_dir = PITH_MODELS;
    parts_.shorteners.emplace_back("head", nullptr, 1);
    parts_.shorteners.emplace_back("oracle", nullptr, 1);
    options_.times = {2, 4};
    options_.bootstrap_draws = 200;
    for (std::uint32_t i = 0; i < 40; ++i) {
      TaskRecord record;
      record.id = "r" + std::to_string(i);
      // At the end, so that truncation loses it.
      record.text = "number " + std::to_string(i) +
                    " runs through the deep and quiet woods until at last there comes a fox";
      record.question = "which animal?";
      record.golds = {"fox"};
      record.language = "en";
      record.row = i < 10 ? "few" : "many";
      record.group = i / 2;
      records_.push_back(std::move(record));
    }
  }
  Evaluation run() {
    auto evaluation = evaluate(options_, parts_, records_, [](std::size_t) {});
    EXPECT_TRUE(evaluation) << evaluation.error().detail;
    return std::move(*evaluation);
  }
  static const PointSummary& point(const EvalSummary& summary, const std::string& name,
                                   double times) {
    for (const PointSummary& found : summary.points) {
      if (found.point.compressor == name && found.point.times == times) return found;
    }
    ADD_FAILURE() << name;
    return summary.points.front();
  }

  EvalOptions options_;
  EvalParts parts_;
  std::vector<TaskRecord> records_;
};

TEST_F(EvalRun, WithoutAReaderMeasuresWhatSurvives) {
  const Evaluation evaluation = run();
  ASSERT_EQ(evaluation.records.size(), 40U);
  const EvalSummary summary = summarize(evaluation, "oracle", {.draws = 200});
  EXPECT_DOUBLE_EQ(point(summary, "full", 1).scores[0].interval.value, 1.0);
  EXPECT_DOUBLE_EQ(point(summary, "none", 0).scores[0].interval.value, 0.0);
  EXPECT_DOUBLE_EQ(point(summary, "oracle", 4).scores[0].interval.value, 1.0);
  EXPECT_DOUBLE_EQ(point(summary, "head", 2).scores[0].interval.value, 0.0);
  EXPECT_NEAR(point(summary, "head", 2).achieved_rate, 0.5, 0.06);
  EXPECT_NEAR(point(summary, "oracle", 4).achieved_rate, 0.25, 0.06);
  EXPECT_GT(point(summary, "head", 2).compress_us_median, 0.0);
  EXPECT_EQ(point(summary, "head", 2).rows.at("few")[0].num_records, 10U);
  ASSERT_EQ(summary.differences.size(), 2U * 2U) << "two rates, two proxies";
  EXPECT_DOUBLE_EQ(summary.differences[0].difference.value, 1.0);
  EXPECT_GT(summary.differences[0].difference.low, 0.0);
  EXPECT_TRUE(std::isnan(summary.differences[0].relative)) << "a gain over nothing";
  const EvalSummary turned = summarize(evaluation, "head", {.draws = 200});
  EXPECT_DOUBLE_EQ(turned.differences[0].relative, -1.0);
}

TEST_F(EvalRun, WithAReaderMeasuresItsAnswers) {
  FoxReader reader;
  parts_.reader = &reader;
  const Evaluation evaluation = run();
  const EvalSummary summary = summarize(evaluation, "oracle", {.draws = 200});
  ASSERT_EQ(evaluation.score_names.front(), "f1");
  EXPECT_DOUBLE_EQ(point(summary, "full", 1).scores[0].interval.value, 1.0);
  EXPECT_DOUBLE_EQ(point(summary, "none", 0).scores[0].interval.value, 0.0);
  EXPECT_DOUBLE_EQ(point(summary, "oracle", 2).scores[0].interval.value, 1.0);
  EXPECT_DOUBLE_EQ(point(summary, "head", 4).scores[0].interval.value, 0.0);
  EXPECT_DOUBLE_EQ(point(summary, "head", 4).reader_us_mean, 2000.0);
  EXPECT_EQ(evaluation.num_cached, 40U * 6U / 2U);
  EXPECT_EQ(evaluation.prompt_tokens, 40 * 6 / 2 * 10);
}

TEST_F(EvalRun, SummariesHaveCorpusBleu) {
  options_.task = EvalTask::kCode;
  for (TaskRecord& record : records_) record.golds = {"the fox."};
  FoxReader reader;
  parts_.reader = &reader;
  const EvalSummary summary = summarize(run(), "oracle", {.draws = 50});
  // "The fox ." against "the fox .": 2/3, 1/2, then no n-grams of 4 words: 0 by sacrebleu's rule.
  EXPECT_DOUBLE_EQ(*point(summary, "full", 1).corpus_bleu, 0.0);
  // Sentences: 2/3, 1/2, 1/(2 * 1) over three orders.
  EXPECT_NEAR(point(summary, "full", 1).scores[3].interval.value, std::cbrt(2.0 / 3 / 2 / 2), 1e-9);
  EXPECT_DOUBLE_EQ(point(summary, "full", 1).scores[0].interval.value, 1.0);
}

TEST_F(EvalRun, RefusedPromptsTakeTheirRecordOut) {
  FoxReader reader;
  reader.refused = "number 7 ";
  parts_.reader = &reader;
  const Evaluation evaluation = run();
  EXPECT_EQ(evaluation.num_failed, 1U);
  EXPECT_EQ(evaluation.records.size(), 39U);
  EXPECT_EQ(evaluation.stopped, "");
}

TEST_F(EvalRun, ACeilingLeavesWhatIsWhole) {
  FoxReader reader;
  reader.ceiling = 16 * 6 + 6 * 5;  // one batch, and some of the next
  options_.concurrency = 1;
  parts_.reader = &reader;
  const Evaluation evaluation = run();
  EXPECT_EQ(evaluation.stopped, "ceiling");
  EXPECT_EQ(evaluation.records.size(), 21U);
  const EvalSummary summary = summarize(evaluation, "oracle", {.draws = 50});
  EXPECT_DOUBLE_EQ(point(summary, "full", 1).scores[0].interval.value, 1.0);
}

TEST_F(EvalRun, AReaderThatIsDownEndsTheRun) {
  FoxReader reader;
  reader.broken = true;
  parts_.reader = &reader;
  const auto evaluation = evaluate(options_, parts_, records_, [](std::size_t) {});
  ASSERT_FALSE(evaluation);
  EXPECT_EQ(evaluation.error().code, ErrorCode::kUnavailable);
}

TEST_F(EvalRun, ReportsAreWholeAndDeterministic) {
  FoxReader reader;
  parts_.reader = &reader;
  const Evaluation evaluation = run();
  const EvalSummary summary = summarize(evaluation, "oracle", {.draws = 200, .seed = 5});
  ReportContext context;
  context.task_name = "qa";
  context.reader_url = "http://r";
  context.reader_model = "m";
  context.against = "oracle";
  const std::string json = json_report(options_, context, evaluation, summary);
  simdjson::dom::parser parser;
  simdjson::dom::element parsed;
  ASSERT_EQ(parser.parse(json).get(parsed), simdjson::SUCCESS) << json;
  EXPECT_EQ(double(parsed.at_pointer("/points/0/scores/f1/value")), 1.0);
  EXPECT_EQ(std::uint64_t(parsed.at_pointer("/records/measured")), 40U);
  EXPECT_EQ(std::string_view(parsed.at_pointer("/differences/0/compressor")), "oracle");
  EXPECT_EQ(json_report(options_, context, evaluation,
                        summarize(evaluation, "oracle", {.draws = 200, .seed = 5})),
            json);
  const std::string table = table_report(options_, context, evaluation, summary);
  EXPECT_NE(table.find("oracle"), std::string::npos);
  EXPECT_NE(table.find("*"), std::string::npos) << "a clear difference";
  EXPECT_NE(table.find("few (10)"), std::string::npos);
  EXPECT_NE(plot_report(context, evaluation, summary).find("full prompt"), std::string::npos);
  std::size_t num_lines = 0;
  const std::string lines = record_lines(evaluation);
  for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1, ++num_lines) {
    const std::string line = lines.substr(at, lines.find('\n', at) - at);
    ASSERT_EQ(parser.parse(line).get(parsed), simdjson::SUCCESS) << line;
    EXPECT_EQ(parsed["points"].get_array().size(), 6U);
  }
  EXPECT_EQ(num_lines, 40U);
}

TEST_F(EvalRun, NoRecordsMakeReportsToo) {
  const Evaluation nothing{.score_names = {"f1"},
                           .points = {},
                           .records = {},
                           .num_failed = 3,
                           .num_cached = 0,
                           .prompt_tokens = 0,
                           .completion_tokens = 0,
                           .stopped = "x"};
  const EvalSummary summary = summarize(nothing, "head", {});
  EXPECT_NE(table_report(options_, {}, nothing, summary).find("no records"), std::string::npos);
  simdjson::dom::parser parser;
  EXPECT_EQ(parser.parse(json_report(options_, {}, nothing, summary)).error(), simdjson::SUCCESS);
}

}  // namespace
}  // namespace pith
