#include "apps/train/rl/task_reward.h"

#include <algorithm>

#include "apps/eval/prompts.h"
#include "stages/reward/metrics/answer_score.h"
#include "stages/reward/metrics/bleu.h"
#include "stages/reward/metrics/rouge.h"

namespace pith {
namespace {

double likeness(RewardMetric metric, AnswerUnit unit, std::string_view answer,
                const std::string& reference) {
  switch (metric) {
    case RewardMetric::kF1:
      return answer_f1(answer, reference, unit);
    case RewardMetric::kRouge1:
      return rouge(answer, reference).rouge_1;
    case RewardMetric::kRouge2:
      return rouge(answer, reference).rouge_2;
    case RewardMetric::kRougeL:
      return rouge(answer, reference).rouge_l;
    case RewardMetric::kBleu:
      return sentence_bleu(answer, {&reference, 1}) / 100.0;
  }
  return 0.0;
}

double of_one(RewardMetric metric, EvalTask task, const TaskRecord& record,
              std::string_view answer) {
  const std::string counted = counted_answer(task, answer);
  const AnswerUnit unit = answer_unit(record.language);
  // Yes, no and "unanswerable" have rules of their own.
  if (metric == RewardMetric::kF1 && task == EvalTask::kQa) {
    return score_answer(counted, record.golds, unit).f1;
  }
  double best = 0.0;
  for (const std::string& gold : record.golds) {
    best = std::max(best, likeness(metric, unit, counted, gold));
  }
  return best;
}

}  // namespace

double gold_reward(RewardMetric metric, EvalTask task, const TaskRecord& record,
                   std::span<const LikelyAnswer> answers) {
  double sum = 0.0;
  for (const LikelyAnswer& answer : answers) {
    sum += answer.chance * of_one(metric, task, record, answer.text);
  }
  return sum;
}

double agreement(RewardMetric metric, EvalTask task, const TaskRecord& record,
                 std::span<const LikelyAnswer> answers, std::string_view of_full_text) {
  const AnswerUnit unit = answer_unit(record.language);
  const std::string reference = counted_answer(task, of_full_text);
  double sum = 0.0;
  for (const LikelyAnswer& answer : answers) {
    sum += answer.chance * likeness(metric, unit, counted_answer(task, answer.text), reference);
  }
  return sum;
}

}  // namespace pith
