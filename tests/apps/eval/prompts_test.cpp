#include "apps/eval/prompts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "apps/eval/task_scores.h"
#include "apps/reader/span_reader.h"
#include "apps/reader/summary_query.h"

namespace pith {
namespace {

TaskRecord record() {
  TaskRecord out;
  out.text = "full text with the red fox";
  out.question = "which animal?";
  out.golds = {"red fox"};
  out.language = "en";
  return out;
}

TEST(TaskPrompt, HoldsTheShortenedTextAndTheQuestion) {
  for (const EvalTask task : {EvalTask::kQa, EvalTask::kSummary, EvalTask::kCode}) {
    const std::string prompt = task_prompt(task, record(), "short text");
    EXPECT_NE(prompt.find("short text"), std::string::npos);
    EXPECT_EQ(prompt.find("red fox"), std::string::npos) << "neither the full text nor the gold";
    EXPECT_EQ(prompt.find("which animal?") != std::string::npos, task != EvalTask::kCode);
    const std::string without = task_prompt(task, record(), std::nullopt);
    EXPECT_EQ(without.find("full text"), std::string::npos);
  }
}

TEST(TaskPrompt, OfSummariesIsUnderstoodByTheDecoderReader) {
  for (const std::optional<std::string>& text :
       {std::optional<std::string>("short text\n\nwith a gap"), std::optional<std::string>(""),
        std::optional<std::string>()}) {
    const auto code = parse_summary_prompt(task_prompt(EvalTask::kCode, record(), text));
    ASSERT_TRUE(code) << code.error().detail;
    EXPECT_EQ(code->text, text.value_or(""));
    EXPECT_EQ(code->query, "");
    TaskRecord asked = record();
    const auto prompt = task_prompt(EvalTask::kSummary, asked, text);
    const auto query = parse_summary_prompt(prompt);
    ASSERT_TRUE(query) << query.error().detail;
    EXPECT_EQ(query->text, text.value_or(""));
    EXPECT_EQ(query->query, "which animal?");
    asked.question.clear();
    const auto unasked = task_prompt(EvalTask::kSummary, asked, text);
    ASSERT_TRUE(parse_summary_prompt(unasked));
    EXPECT_EQ(parse_summary_prompt(unasked)->query, "");
  }
}

TEST(TaskPrompt, OfQuestionsIsUnderstoodByTheSpanReader) {
  for (const std::optional<std::string>& text :
       {std::optional<std::string>("short text\n\nwith a gap"), std::optional<std::string>(""),
        std::optional<std::string>()}) {
    const std::string prompt = task_prompt(EvalTask::kQa, record(), text);
    const auto query = parse_question_prompt(prompt);
    ASSERT_TRUE(query) << query.error().detail;
    EXPECT_EQ(query->text, text.value_or(""));
    EXPECT_EQ(query->question, "which animal?");
  }
}

TEST(CountedAnswer, IsTheFirstLineOfQuestions) {
  EXPECT_EQ(counted_answer(EvalTask::kQa, "\n Answer: the fox \nBecause it says so."), "the fox");
  EXPECT_EQ(counted_answer(EvalTask::kQa, "<think>\nhm\n</think>\n\nthe fox"), "the fox");
  EXPECT_EQ(counted_answer(EvalTask::kQa, "<think> without end"), "");
  EXPECT_EQ(counted_answer(EvalTask::kSummary, " One.\nTwo. "), "One.\nTwo.");
}

TEST(TaskScores, GoWithTheirNames) {
  for (const EvalTask task : {EvalTask::kQa, EvalTask::kSummary, EvalTask::kCode}) {
    const std::size_t proxies = proxy_scores(task, record(), "x").size();
    EXPECT_EQ(score_names(task, false).size(), proxies);
    EXPECT_EQ(score_names(task, true).size(), proxies + answer_scores(task, record(), "x").size());
  }
  EXPECT_EQ(answer_scores(EvalTask::kQa, record(), "the red fox"), (std::vector<double>{1.0, 1.0}));
  EXPECT_EQ(answer_scores(EvalTask::kCode, record(), "red fox")[0], 1.0);
}

TEST(ProxyScores, TellWhetherTheAnswerIsStillThere) {
  EXPECT_EQ(proxy_scores(EvalTask::kQa, record(), "text red fox"), (std::vector<double>{1.0, 1.0}));
  EXPECT_EQ(proxy_scores(EvalTask::kQa, record(), "red text fox"), (std::vector<double>{0.0, 1.0}));
  EXPECT_EQ(proxy_scores(EvalTask::kQa, record(), "full fox"), (std::vector<double>{0.0, 0.5}));
  EXPECT_EQ(proxy_scores(EvalTask::kSummary, record(), "full fox"), (std::vector<double>{0.5}));
  TaskRecord other = record();
  other.golds = {"blue whale"};
  EXPECT_TRUE(std::isnan(proxy_scores(EvalTask::kQa, other, "text")[0])) << "never was there";
  other.golds = {};
  EXPECT_TRUE(std::isnan(proxy_scores(EvalTask::kQa, other, "text")[0]));
}

TEST(TaskScores, LabelsCountWordsThatAreKeptWhole) {
  const auto record = parse_task_record(
      R"({"text": "one two three", "words": [[0,3],[4,7],[8,13]], "labels": [2,0,1],)"
      R"( "source": "tau-bench:airline:3", "lang": "en"})",
      EvalTask::kLabels);
  ASSERT_TRUE(record) << record.error().detail;
  EXPECT_EQ(record->row, "tool output");
  const auto scores = [&](std::vector<ByteSpan> kept) {
    return proxy_scores(EvalTask::kLabels, *record, "", kept);
  };
  EXPECT_EQ(scores({{0, 13}}), (std::vector<double>{1.0, 1.0}));
  EXPECT_EQ(scores({{0, 3}}), (std::vector<double>{1.0, 0.5}));
  EXPECT_EQ(scores({{4, 10}, {10, 13}}), (std::vector<double>{0.0, 0.5})) << "touching spans join";
  EXPECT_EQ(scores({{1, 12}}), (std::vector<double>{0.0, 0.0})) << "a word cut is a word lost";
}

}  // namespace
}  // namespace pith
