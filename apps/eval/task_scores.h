// The measures of a task: of a shortened text alone (proxies), and of a reader's answer.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apps/eval/task_records.h"
#include "stages/reward/metrics/bleu.h"

namespace pith {

/// Names of scores, in their order: proxies last. Without a reader only these are measured.
/// qa: f1, exact_match, answer_recall, answer_word_recall. summary, code: rouge_l, rouge_1,
/// rouge_2, bleu, content_recall. labels: core_kept, labelled_kept.
std::vector<std::string> score_names(EvalTask task, bool with_reader);
/// What a name means, for people.
std::string score_meaning(const std::string& name);

/// Each in [0, 1]; NaN where it has no meaning: questions that no span of the full text answers.
/// `kept`, for labels: what the shortened text is made of, spans of record.text, ascending.
std::vector<double> proxy_scores(EvalTask task, const TaskRecord& record,
                                 std::string_view shortened, std::span<const ByteSpan> kept = {});
/// All others, each in [0, 1].
std::vector<double> answer_scores(EvalTask task, const TaskRecord& record, std::string_view answer);

}  // namespace pith
