#include "apps/eval/reports.h"
#include "apps/eval/task_scores.h"
#include "apps/json_api/json_text.h"

namespace pith {
namespace {

/// Appends members and elements with the commas between them.
class JsonText {
 public:
  JsonText& key(std::string_view name) {
    comma();
    append_json_string(out_, name);
    out_ += ':';
    fresh_ = true;
    return *this;
  }
  void open(char bracket) {
    comma();
    out_ += bracket;
    fresh_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    fresh_ = false;
  }
  void value(std::string_view text) {
    comma();
    append_json_string(out_, text);
  }
  void value(double number) {
    comma();
    append_json_number(out_, number);
  }
  void value(std::uint64_t number) {
    comma();
    out_ += std::to_string(number);
  }
  std::string take() { return std::move(out_); }

 private:
  void comma() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }
  std::string out_;
  bool fresh_ = true;
};

void write_scores(JsonText& json, const std::vector<std::string>& names,
                  const std::vector<ScoreSummary>& scores, bool with_interval) {
  json.open('{');
  for (std::size_t i = 0; i < names.size(); ++i) {
    json.key(names[i]).open('{');
    json.key("value").value(scores[i].interval.value);
    if (with_interval) {
      json.key("low").value(scores[i].interval.low);
      json.key("high").value(scores[i].interval.high);
    }
    json.key("records").value(std::uint64_t{scores[i].num_records});
    json.close('}');
  }
  json.close('}');
}

void write_point(JsonText& json, const PointSummary& point, const std::vector<std::string>& names) {
  json.open('{');
  json.key("compressor").value(point.point.compressor);
  if (!point.point.policy_id.empty()) json.key("policy").value(point.point.policy_id);
  if (!point.point.control) {
    json.key("times").value(point.point.times);
    json.key("target_rate").value(1.0 / point.point.times);
  }
  json.key("achieved_rate").value(point.achieved_rate);
  if (!point.point.control) {
    json.key("compress_ms").open('{');
    json.key("median").value(point.compress_us_median / 1e3);
    json.key("p95").value(point.compress_us_p95 / 1e3);
    json.close('}');
    json.key("compress_tokens_per_s").value(point.tokens_per_s);
  }
  if (point.reader_us_mean > 0.0) json.key("reader_ms_mean").value(point.reader_us_mean / 1e3);
  json.key("scores");
  write_scores(json, names, point.scores, true);
  if (point.corpus_bleu) json.key("corpus_bleu").value(*point.corpus_bleu / 100.0);
  json.key("rows").open('{');
  for (const auto& [row, scores] : point.rows) {
    json.key(row);
    write_scores(json, names, scores, false);
  }
  json.close('}');
  json.close('}');
}

void write_run(JsonText& json, const EvalOptions& options, const ReportContext& context,
               const Evaluation& evaluation, const EvalSummary& summary) {
  json.key("task").value(context.task_name);
  json.key("data_sha256").value(context.data_sha256);
  json.key("records").open('{');
  json.key("in_file").value(std::uint64_t{context.num_in_file});
  json.key("measured").value(std::uint64_t{summary.num_records});
  json.key("failed").value(std::uint64_t{evaluation.num_failed});
  json.close('}');
  json.key("origin_tokens").value(std::uint64_t{summary.origin_tokens});
  json.key("tokenizer").value(options.tokenizer);
  json.key("selection").value(options.protect ? "protect" : "order");
  json.key("seed").value(options.selection.seed);
  if (!context.reader_url.empty()) {
    json.key("reader").open('{');
    json.key("url").value(context.reader_url);
    json.key("model").value(context.reader_model);
    json.key("requests").value(context.num_requests);
    json.key("retries").value(context.num_retries);
    json.key("cached").value(std::uint64_t{evaluation.num_cached});
    json.key("prompt_tokens").value(static_cast<std::uint64_t>(evaluation.prompt_tokens));
    json.key("completion_tokens").value(static_cast<std::uint64_t>(evaluation.completion_tokens));
    json.close('}');
  }
  if (!evaluation.stopped.empty()) json.key("stopped").value(evaluation.stopped);
  json.key("main_score").value(evaluation.score_names[context.main_score]);
  json.key("score_meanings").open('{');
  for (const std::string& name : evaluation.score_names) json.key(name).value(score_meaning(name));
  json.close('}');
}

}  // namespace

std::string json_report(const EvalOptions& options, const ReportContext& context,
                        const Evaluation& evaluation, const EvalSummary& summary) {
  JsonText json;
  json.open('{');
  write_run(json, options, context, evaluation, summary);
  json.key("points").open('[');
  for (const PointSummary& point : summary.points) write_point(json, point, evaluation.score_names);
  json.close(']');
  json.key("differences").open('[');
  for (const Difference& found : summary.differences) {
    json.open('{');
    json.key("times").value(found.times);
    json.key("compressor").value(found.compressor);
    json.key("against").value(found.against);
    json.key("score").value(found.score);
    json.key("value").value(found.difference.value);
    json.key("low").value(found.difference.low);
    json.key("high").value(found.difference.high);
    json.key("p").value(found.difference.p_value);
    json.key("relative").value(found.relative);
    json.close('}');
  }
  json.close(']');
  json.close('}');
  return json.take();
}

std::string record_lines(const Evaluation& evaluation) {
  std::string out;
  for (const EvaluatedRecord& record : evaluation.records) {
    JsonText json;
    json.open('{');
    json.key("id").value(record.id);
    json.key("row").value(record.row);
    json.key("origin_tokens").value(std::uint64_t{record.origin_tokens});
    json.key("points").open('[');
    for (std::size_t i = 0; i < record.cells.size(); ++i) {
      const EvalCell& cell = record.cells[i];
      json.open('{');
      json.key("compressor").value(evaluation.points[i].compressor);
      json.key("times").value(evaluation.points[i].times);
      json.key("tokens").value(std::uint64_t{cell.tokens});
      json.key("compress_us").value(cell.compress_us);
      if (cell.reader_us > 0.0) {
        json.key("reader_us").value(cell.reader_us);
        json.key("answer").value(cell.answer);
      }
      json.key("scores").open('{');
      for (std::size_t s = 0; s < cell.scores.size(); ++s) {
        json.key(evaluation.score_names[s]).value(cell.scores[s]);
      }
      json.close('}');
      json.close('}');
    }
    json.close(']');
    json.close('}');
    out += json.take() + "\n";
  }
  return out;
}

}  // namespace pith
