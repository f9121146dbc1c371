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

}  // namespace

double gold_reward(RewardMetric metric, EvalTask task, const TaskRecord& record,
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

double agreement(RewardMetric metric, EvalTask task, const TaskRecord& record,
                 std::string_view answer, std::string_view of_full_text) {
  return likeness(metric, answer_unit(record.language), counted_answer(task, answer),
                  counted_answer(task, of_full_text));
}

}  // namespace pith
