#include "apps/eval/task_records.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "tests/temporary_dir.h"

namespace pith {
namespace {

TEST(TaskRecord, OfQuestions) {
  const auto span = parse_task_record(
      R"({"id":"a","context":"C","question":"Q","answers":["x","y"],"lang":"ja","source":"s","title":1})",
      EvalTask::kQa);
  ASSERT_TRUE(span) << span.error().detail;
  EXPECT_EQ(span->text, "C");
  EXPECT_EQ(span->question, "Q");
  EXPECT_EQ(span->golds, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(span->row, "span ja (characters)");
  const auto row = [](const std::string& answers, const std::string& lang) {
    return parse_task_record(R"({"context":"C","question":"Q","answers":)" + answers +
                                 R"(,"lang":")" + lang + "\"}",
                             EvalTask::kQa)
        ->row;
  };
  EXPECT_EQ(row("[]", "en"), "unanswerable");
  EXPECT_EQ(row(R"(["yes"])", "en"), "yes/no");
  EXPECT_EQ(row(R"(["x"])", "en"), "span en");
  EXPECT_EQ(row(R"(["x"])", "tr"), "span, other languages");
}

TEST(TaskRecord, OfSummaries) {
  const auto meeting = parse_task_record(
      R"({"transcript":"T","query":"Q","summary":"S","source":"qmsum","kind":"meeting"})",
      EvalTask::kSummary);
  ASSERT_TRUE(meeting);
  EXPECT_EQ(meeting->text, "T");
  EXPECT_EQ(meeting->golds, std::vector<std::string>{"S"});
  EXPECT_EQ(meeting->row, "qmsum");
  const auto code = parse_task_record(R"({"code":"f","summary":"S"})", EvalTask::kCode);
  ASSERT_TRUE(code);
  EXPECT_EQ(code->text, "f");
  EXPECT_EQ(code->question, "");
}

TEST(TaskRecord, ErrorsNameTheFieldAndNotTheText) {
  const auto missing = parse_task_record(R"({"context":"canary","answers":[]})", EvalTask::kQa);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().detail.find("question"), std::string::npos);
  EXPECT_EQ(missing.error().detail.find("canary"), std::string::npos);
  EXPECT_FALSE(parse_task_record(R"({"context":"c","question":"q","answers":"x"})", EvalTask::kQa));
  EXPECT_FALSE(parse_task_record("[]", EvalTask::kCode));
  EXPECT_FALSE(parse_task_record("{", EvalTask::kCode));
}

class TaskFile : public testing::Test {
 protected:
  TaskFile() : path_(dir_.file("code.jsonl")) {
    std::ofstream file(path_);
    for (int i = 0; i < 40; ++i) {
      const std::string number = std::to_string(i);
      file << "{\"id\":\"r" + number + "\",\"code\":\"f" + std::to_string(i / 2) +
                  "\",\"summary\":\"s\",\"source\":\"" + (i < 10 ? "few" : "many") + "\"}\n";
    }
  }
  std::vector<std::string> ids(const RecordSelection& selection) const {
    const auto records = read_task_records(path_, EvalTask::kCode, selection);
    EXPECT_TRUE(records);
    std::vector<std::string> out;
    for (const TaskRecord& record : *records) out.push_back(record.id);
    return out;
  }
  TemporaryDir dir_;
  std::string path_;
};

TEST_F(TaskFile, DrawsTheSameRecordsForASeed) {
  const auto drawn = ids({.sources = {}, .languages = {}, .limit = 10, .seed = 3});
  EXPECT_EQ(drawn.size(), 10U);
  EXPECT_EQ(ids({.sources = {}, .languages = {}, .limit = 10, .seed = 3}), drawn);
  EXPECT_NE(ids({.sources = {}, .languages = {}, .limit = 10, .seed = 4}), drawn);
  const auto fewer = ids({.sources = {}, .languages = {}, .limit = 5, .seed = 3});
  EXPECT_TRUE(std::includes(
      drawn.begin(), drawn.end(), fewer.begin(), fewer.end(),
      [](const auto& a, const auto& b) { return std::stoi(a.substr(1)) < std::stoi(b.substr(1)); }))
      << "a smaller draw is part of a larger one, in the file's order";
  EXPECT_EQ(ids({}).size(), 40U);
}

TEST_F(TaskFile, SelectsSourcesAndGroupsEqualTexts) {
  EXPECT_EQ(ids({.sources = {"few"}, .languages = {}, .limit = 0, .seed = 1}).size(), 10U);
  std::size_t num_read = 0;
  const auto records = read_task_records(path_, EvalTask::kCode, {}, &num_read);
  ASSERT_TRUE(records);
  EXPECT_EQ(num_read, 40U);
  EXPECT_EQ((*records)[0].group, (*records)[1].group);
  EXPECT_NE((*records)[1].group, (*records)[2].group);
  for (const TaskRecord& record : *records) EXPECT_LT(record.group, records->size());
}

TEST_F(TaskFile, BadLinesHaveANumber) {
  std::ofstream(path_, std::ios::app) << "{}\n";
  const auto records = read_task_records(path_, EvalTask::kCode, {});
  ASSERT_FALSE(records);
  EXPECT_NE(records.error().detail.find(":41: "), std::string::npos) << records.error().detail;
}

}  // namespace
}  // namespace pith
