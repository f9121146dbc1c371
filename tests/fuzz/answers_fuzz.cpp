// Whatever a reader answers and whatever a task file holds: an error, or values within their
// bounds; whatever two texts are compared, scores between 0 and 1, and a text matches itself.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "apps/eval/prompts.h"
#include "apps/eval/task_scores.h"
#include "apps/reader/chat_body.h"
#include "stages/reward/metrics/answer_score.h"
#include "stages/reward/metrics/rouge.h"
#include "stages/reward/metrics/survival.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_share(double value) { return value >= 0.0 && value <= 1.0 + 1e-9; }

void compare(const std::string& a, const std::string& b) {
  for (const pith::AnswerUnit unit : {pith::AnswerUnit::kWords, pith::AnswerUnit::kCharacters}) {
    require(is_share(pith::answer_f1(a, b, unit)));
    require(pith::answer_f1(a, a, unit) == 1.0 && pith::exact_match(a, a, unit) == 1.0);
    require(std::abs(pith::answer_f1(a, b, unit) - pith::answer_f1(b, a, unit)) < 1e-12);
  }
  const std::string normal = pith::normalized_answer(a);
  require(pith::normalized_answer(normal) == normal);
  const pith::RougeScore rouge = pith::rouge(a, b);
  require(is_share(rouge.rouge_1) && is_share(rouge.rouge_2) && is_share(rouge.rouge_l));
  require(rouge.rouge_l <= rouge.rouge_1 + 1e-12);
  const std::vector<std::string> references{b, a};
  require(is_share(pith::sentence_bleu(a, std::vector<std::string>{b}) / 100.0));
  const double same = pith::sentence_bleu(a, references);
  require(same == 0.0 || std::abs(same - 100.0) < 1e-6);
  require(is_share(pith::content_word_recall(a, b)) && pith::content_word_recall(a, a) == 1.0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto answer = pith::parse_chat_answer(text)) {
    pith::counted_answer(pith::EvalTask::kQa, answer->text);
  }
  require(pith::chat_error_message(text).size() <= 200);
  if (const auto members = pith::parse_members(text)) {
    pith::ChatBodyOptions options;
    options.members = *members;
    require(bool(pith::parse_members(pith::chat_body("p", options))));
  }
  for (const pith::EvalTask task :
       {pith::EvalTask::kQa, pith::EvalTask::kSummary, pith::EvalTask::kCode}) {
    const auto record = pith::parse_task_record(text, task);
    if (!record) {
      require(record.error().detail.size() < 200);
      continue;
    }
    pith::task_prompt(task, *record, record->text);
    for (const double score : pith::proxy_scores(task, *record, record->text)) {
      require(std::isnan(score) || is_share(score));
    }
    for (const double score : pith::answer_scores(task, *record, record->text))
      require(is_share(score));
  }
  if (size < 4096) {  // the longest common subsequence is quadratic
    const std::size_t half = size / 2;
    compare(text.substr(0, half), text.substr(half));
  }
  return 0;
}
