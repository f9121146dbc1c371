#include "apps/eval/eval_run.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "apps/eval/prompts.h"
#include "apps/eval/task_scores.h"
#include "apps/reader/reader.h"

namespace pith {
namespace {

/// Records are shortened by one thread, for honest times, then asked about by several.
constexpr std::size_t kRecordsAtOnce = 16;
constexpr std::size_t kFailuresMax = 20;

/// What is asked for one cell.
struct Question {
  std::size_t record = 0, point = 0;  ///< record: in the batch.
  std::string prompt;
};

std::vector<EvalPoint> points_of(const EvalOptions& options, const EvalParts& parts) {
  std::vector<EvalPoint> points = {{"full", {}, 1.0, true}, {"none", {}, 0.0, true}};
  for (const Shortener& shortener : parts.shorteners) {
    const std::string id = shortener.policy() != nullptr ? shortener.policy()->id() : "";
    for (const double times : options.times) points.push_back({shortener.name(), id, times, false});
  }
  return points;
}

class Run {
 public:
  Run(const EvalOptions& options, const EvalParts& parts) : options_(options), parts_(parts) {
    out_.score_names = score_names(options.task, parts.reader != nullptr);
    out_.points = points_of(options, parts);
  }

  Result<Evaluation> all(const std::vector<TaskRecord>& records,
                         const std::function<void(std::size_t)>& progress) {
    // What is loaded and laid out by the first text is not the cost of a text.
    if (!records.empty()) {
      if (const auto warm = shorten(records.front(), 0, nullptr); !warm) return warm.error();
    }
    for (std::size_t begin = 0; begin < records.size(); begin += kRecordsAtOnce) {
      const std::size_t end = std::min(begin + kRecordsAtOnce, records.size());
      std::vector<EvaluatedRecord> batch;
      std::vector<Question> questions;
      for (std::size_t i = begin; i < end; ++i) {
        auto record =
            shorten(records[i], i - begin, parts_.reader == nullptr ? nullptr : &questions);
        if (!record) return record.error();
        batch.push_back(std::move(*record));
      }
      if (const auto asked = ask_all(questions, records, begin, batch); !asked)
        return asked.error();
      for (EvaluatedRecord& record : batch) {
        if (whole(record)) {
          out_.records.push_back(std::move(record));
        } else {
          ++out_.num_failed;
        }
      }
      progress(end);
      if (!out_.stopped.empty()) break;
    }
    return std::move(out_);
  }

 private:
  bool whole(const EvaluatedRecord& record) const {
    return std::ranges::all_of(record.cells, [&](const EvalCell& cell) {
      return cell.scores.size() == out_.score_names.size();
    });
  }

  void put(EvaluatedRecord& out, std::size_t point, const TaskRecord& record, std::size_t in_batch,
           const std::optional<std::string>& text, std::span<const ByteSpan> kept,
           std::vector<Question>* questions) const {
    EvalCell& cell = out.cells[point];
    cell.scores = proxy_scores(options_.task, record, text.value_or(""), kept);
    if (questions != nullptr) {
      questions->push_back({in_batch, point, task_prompt(options_.task, record, text)});
    }
  }

  Result<EvaluatedRecord> shorten(const TaskRecord& record, std::size_t in_batch,
                                  std::vector<Question>* questions) const {
    EvaluatedRecord out;
    out.id = record.id;
    out.row = record.row;
    out.group = record.group;
    out.origin_tokens = parts_.counter->count(record.text);
    out.cells.resize(out_.points.size());
    out.cells[0].tokens = out.origin_tokens;
    const ByteSpan whole{0, static_cast<std::uint32_t>(record.text.size())};
    put(out, 0, record, in_batch, record.text, {&whole, 1}, questions);
    put(out, 1, record, in_batch, std::nullopt, {}, questions);
    std::size_t point = 2;
    for (const Shortener& shortener : parts_.shorteners) {
      auto texts =
          options_.protect
              ? shortener.protecting(record, options_.times, parts_.counter, parts_.models_dir,
                                     parts_.any_policy->tokenizer(), options_.use_query)
              : shortener.by_order(record, options_.times, *parts_.counter, options_.use_query);
      if (!texts) return texts.error();
      for (Shortened& shortened : texts->at) {
        EvalCell& cell = out.cells[point];
        cell.tokens = shortened.tokens;
        cell.compress_us = texts->score_us + shortened.select_us;
        put(out, point++, record, in_batch, std::move(shortened.text), shortened.kept, questions);
      }
    }
    return out;
  }

  Result<Done> ask_all(const std::vector<Question>& questions,
                       const std::vector<TaskRecord>& records, std::size_t begin,
                       std::vector<EvaluatedRecord>& batch) {
    std::atomic<std::size_t> next{0};
    std::optional<Error> fatal;
    const auto work = [&] {
      const std::size_t together = parts_.reader->prompts_at_once();
      for (std::size_t i = next.fetch_add(together); i < questions.size();
           i = next.fetch_add(together)) {
        const auto some = std::span(questions).subspan(i, std::min(together, questions.size() - i));
        std::vector<std::string> prompts;
        for (const Question& question : some) prompts.push_back(question.prompt);
        const auto answers = parts_.reader->answers(prompts);
        const std::scoped_lock lock(mutex_);
        for (std::size_t k = 0; k < some.size(); ++k) {
          EvalCell& cell = batch[some[k].record].cells[some[k].point];
          if (answers[k]) {
            take(records[begin + some[k].record], *answers[k], cell);
          } else if (!note_failure(answers[k].error(), cell)) {
            if (out_.stopped.empty()) fatal = answers[k].error();
            next = questions.size();
            break;
          }
        }
      }
    };
    std::vector<std::thread> threads;
    const std::size_t wanted =
        std::min<std::size_t>(std::max(1U, options_.concurrency), questions.size());
    for (std::size_t i = 1; i < wanted; ++i) threads.emplace_back(work);
    if (!questions.empty()) work();
    for (std::thread& thread : threads) thread.join();
    if (fatal) return *fatal;
    return Done{};
  }

  void take(const TaskRecord& record, const ReaderAnswer& answer, EvalCell& cell) {
    ++num_answered_;
    cell.answer = counted_answer(options_.task, answer.text);
    std::vector<double> scores = answer_scores(options_.task, record, cell.answer);
    cell.scores.insert(cell.scores.begin(), scores.begin(), scores.end());
    if (options_.task != EvalTask::kQa) cell.bleu = bleu_counts(cell.answer, record.golds);
    cell.reader_us = static_cast<double>(answer.latency_us);
    if (answer.cached) {
      ++out_.num_cached;
    } else {
      out_.prompt_tokens += answer.prompt_tokens;
      out_.completion_tokens += answer.completion_tokens;
    }
  }

  /// False: the run ends.
  bool note_failure(const Error& error, EvalCell& cell) {
    cell.scores.clear();
    switch (error.code) {
      case ErrorCode::kPromptTooLong:
        return true;
      case ErrorCode::kUnavailable:
        return ++num_unanswered_ < kFailuresMax || num_answered_ > num_unanswered_;
      case ErrorCode::kOverloaded:
        out_.stopped = error.detail;
        return false;
      default:
        return false;
    }
  }

  const EvalOptions& options_;
  const EvalParts& parts_;
  std::mutex mutex_;
  Evaluation out_;
  std::size_t num_answered_ = 0, num_unanswered_ = 0;
};

}  // namespace

Result<Evaluation> evaluate(const EvalOptions& options, const EvalParts& parts,
                            const std::vector<TaskRecord>& records,
                            const std::function<void(std::size_t)>& progress) {
  return Run(options, parts).all(records, progress);
}

}  // namespace pith
