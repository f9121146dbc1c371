#include "apps/eval/task_records.h"

#include <simdjson.h>

#include <algorithm>
#include <unordered_map>

#include "apps/train/jsonl_reader.h"
#include "apps/train/labelled_texts.h"
#include "stages/network/counter_random.h"
#include "stages/reward/metrics/answer_score.h"

namespace pith {
namespace {

using simdjson::dom::element;

std::string optional_text(element record, const char* name) {
  std::string_view text;
  return record[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

Result<std::string> needed_text(element record, const char* name) {
  std::string_view text;
  if (record[name].get(text) != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalidArgument, std::string("no string \"") + name + "\""};
  }
  return std::string(text);
}

Result<std::vector<std::string>> answers_of(element record) {
  simdjson::dom::array list;
  const auto wrong = [] {
    return Error{ErrorCode::kInvalidArgument, "\"answers\" is no list of strings"};
  };
  if (record["answers"].get(list) != simdjson::SUCCESS) return wrong();
  std::vector<std::string> answers;
  for (const element entry : list) {
    std::string_view text;
    if (entry.get(text) != simdjson::SUCCESS) return wrong();
    answers.emplace_back(text);
  }
  return answers;
}

std::string qa_row(const TaskRecord& record) {
  switch (question_kind(record.golds)) {
    case QuestionKind::kUnanswerable:
      return "unanswerable";
    case QuestionKind::kYesNo:
      return "yes/no";
    case QuestionKind::kSpan:
      break;
  }
  if (answer_unit(record.language) == AnswerUnit::kCharacters) {
    return "span " + record.language + " (characters)";
  }
  return record.language.empty() || record.language == "en" ? "span en" : "span, other languages";
}

/// Annotated passages are many kinds of text: what a row of the report is about.
std::string labels_row(const TaskRecord& record) {
  if (!record.language.empty() && record.language != "en") return record.language;
  const std::string_view source =
      std::string_view(record.source).substr(0, record.source.find(':'));
  const auto among = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, source) != names.end();
  };
  if (source == "loghub") return "logs";
  if (among({"tau", "tau-bench", "toolbench", "tools-json", "aider", "reflexion"})) {
    return "tool output";
  }
  if (among({"irc", "sgd", "taskmaster", "topical"})) return "chat";
  if (among({"meeting", "qmsum", "crd3", "ethereum-pm"})) return "meetings";
  return "documents";
}

/// FNV-1a: a draw must not depend on the standard library's hash.
std::uint64_t hash_of(std::string_view text, std::uint64_t hash = 0xCBF29CE484222325U) {
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  }
  return hash;
}

/// Keeps the `limit` records whose hashes come first, in their order.
void draw(std::vector<TaskRecord>& records, const RecordSelection& selection) {
  if (selection.limit == 0 || records.size() <= selection.limit) return;
  std::vector<std::pair<std::uint64_t, std::size_t>> order;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::uint64_t hash =
        hash_of(records[i].question, hash_of(records[i].text, hash_of(records[i].id)));
    order.emplace_back(random_bits(selection.seed, hash), i);
  }
  std::ranges::sort(order);
  std::vector<bool> drawn(records.size(), false);
  for (std::size_t i = 0; i < selection.limit; ++i) drawn[order[i].second] = true;
  std::size_t next = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!drawn[i]) continue;
    if (next != i) records[next] = std::move(records[i]);
    ++next;
  }
  records.resize(next);
}

bool listed(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

}  // namespace

Result<TaskRecord> parse_task_record(std::string_view json, EvalTask task) {
  simdjson::dom::parser parser;
  element whole;
  if (parser.parse(json.data(), json.size()).get(whole) != simdjson::SUCCESS ||
      !whole.is_object()) {
    return Error{ErrorCode::kInvalidArgument, "not a JSON object"};
  }
  TaskRecord record;
  record.id = optional_text(whole, "id");
  record.source = optional_text(whole, "source");
  record.language = optional_text(whole, "lang");
  if (task == EvalTask::kLabels) {
    auto labelled = parse_labelled_text(json);
    if (!labelled) return labelled.error();
    record.text = std::move(labelled->text);
    record.words = std::move(labelled->words);
    record.labels = std::move(labelled->labels);
    record.row = labels_row(record);
    return record;
  }
  auto text = needed_text(whole, task == EvalTask::kQa        ? "context"
                                 : task == EvalTask::kSummary ? "transcript"
                                                              : "code");
  if (!text) return text.error();
  record.text = std::move(*text);
  if (task == EvalTask::kQa) {
    auto question = needed_text(whole, "question");
    if (!question) return question.error();
    record.question = std::move(*question);
    auto answers = answers_of(whole);
    if (!answers) return answers.error();
    record.golds = std::move(*answers);
    record.row = qa_row(record);
    return record;
  }
  if (task == EvalTask::kSummary) record.question = optional_text(whole, "query");
  auto summary = needed_text(whole, "summary");
  if (!summary) return summary.error();
  record.golds.push_back(std::move(*summary));
  record.row = record.source.empty() ? "no source" : record.source;
  return record;
}

Result<std::vector<TaskRecord>> read_task_records(const std::string& path, EvalTask task,
                                                  const RecordSelection& selection,
                                                  std::size_t* num_read) {
  std::vector<TaskRecord> records;
  std::size_t num_lines = 0;
  const auto done = for_each_line(path, [&](std::string_view line) -> Result<Done> {
    ++num_lines;
    auto record = parse_task_record(line, task);
    if (!record) return record.error();
    if (record->text.empty() || !listed(selection.sources, record->source) ||
        !listed(selection.languages, record->language)) {
      return Done{};
    }
    if (record->id.empty()) record->id = "line " + std::to_string(num_lines);
    records.push_back(std::move(*record));
    return Done{};
  });
  if (!done) return done.error();
  if (num_read != nullptr) *num_read = num_lines;
  draw(records, selection);
  std::unordered_map<std::string_view, std::uint32_t> groups;
  for (TaskRecord& record : records) {
    const auto next = static_cast<std::uint32_t>(groups.size());
    record.group = groups.try_emplace(record.text, next).first->second;
  }
  return records;
}

}  // namespace pith
