#include "apps/eval/task_scores.h"

#include <algorithm>
#include <limits>

#include "stages/reward/metrics/answer_score.h"
#include "stages/reward/metrics/rouge.h"
#include "stages/reward/metrics/survival.h"

namespace pith {

namespace {

/// Of the words with at least this label, the share of which every byte is kept; NaN without any.
double labelled_share(const TaskRecord& record, std::span<const ByteSpan> kept, int label) {
  std::size_t num_words = 0;
  std::size_t num_kept = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < record.words.size(); ++i) {
    if (record.labels[i] < label) continue;
    ++num_words;
    const ByteSpan word = record.words[i];
    while (at < kept.size() && kept[at].end <= word.begin) ++at;
    // Spans that touch are one.
    std::uint32_t covered = word.begin;
    for (std::size_t span = at; span < kept.size() && kept[span].begin <= covered; ++span) {
      covered = std::max(covered, kept[span].end);
    }
    if (covered >= word.end) ++num_kept;
  }
  return num_words == 0 ? std::numeric_limits<double>::quiet_NaN()
                        : static_cast<double>(num_kept) / static_cast<double>(num_words);
}

}  // namespace

std::vector<std::string> score_names(EvalTask task, bool with_reader) {
  std::vector<std::string> names;
  if (task == EvalTask::kQa) {
    if (with_reader) names = {"f1", "exact_match"};
    names.emplace_back("answer_recall");
    names.emplace_back("answer_word_recall");
  } else if (task == EvalTask::kLabels) {
    names = {"core_kept", "labelled_kept"};
  } else {
    if (with_reader) names = {"rouge_l", "rouge_1", "rouge_2", "bleu"};
    names.emplace_back("content_recall");
  }
  return names;
}

std::string score_meaning(const std::string& name) {
  if (name == "answer_recall") {
    return "share of questions with a gold answer whose text survives; a proxy, no reader asked";
  }
  if (name == "answer_word_recall") {
    return "share of the gold answer's content words that survive anywhere; a proxy, too";
  }
  if (name == "content_recall") {
    return "share of the gold summary's content words that survive; a proxy, no reader asked";
  }
  if (name == "core_kept")
    return "share of the words annotated to be kept at hard compression that are kept";
  if (name == "labelled_kept")
    return "share of the words annotated to be kept at all that are kept";
  if (name == "f1") return "F1 of the reader's answer, SQuAD's; characters for zh, ja, th";
  if (name == "exact_match") return "reader's answers that are right to the letter, SQuAD's rules";
  if (name == "bleu") return "sentence BLEU of the reader's summary, mean";
  return "F-measure of the reader's summary, " + name;
}

std::vector<double> proxy_scores(EvalTask task, const TaskRecord& record,
                                 std::string_view shortened, std::span<const ByteSpan> kept) {
  if (task == EvalTask::kLabels)
    return {labelled_share(record, kept, 2), labelled_share(record, kept, 1)};
  if (task != EvalTask::kQa) return {content_word_recall(shortened, record.golds.front())};
  const AnswerUnit unit = answer_unit(record.language);
  if (question_kind(record.golds) != QuestionKind::kSpan ||
      !answer_survives(record.text, record.golds, unit)) {
    return {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
  }
  double words = 0.0;
  for (const std::string& gold : record.golds) {
    // Without content words ("it", "A") there is nothing to look for.
    if (!content_words(gold).empty()) words = std::max(words, content_word_recall(shortened, gold));
  }
  const bool survives = answer_survives(shortened, record.golds, unit);
  return {survives ? 1.0 : 0.0, survives ? 1.0 : words};
}

std::vector<double> answer_scores(EvalTask task, const TaskRecord& record,
                                  std::string_view answer) {
  if (task == EvalTask::kQa) {
    const AnswerScore score = score_answer(answer, record.golds, answer_unit(record.language));
    return {score.f1, score.exact_match};
  }
  const RougeScore score = rouge(answer, record.golds.front());
  return {score.rouge_l, score.rouge_1, score.rouge_2, sentence_bleu(answer, record.golds) / 100.0};
}

}  // namespace pith
