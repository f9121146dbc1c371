#include "apps/eval/eval_summary.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

namespace pith {
namespace {

double quantile_of(std::vector<double> values, double share) {
  if (values.empty()) return 0.0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(at));
  return values[at];
}

double share_of(double part, double whole) { return whole > 0.0 ? part / whole : NAN; }

/// A column of cells without those that have no meaning, and which texts they are about.
struct Column {
  std::vector<double> values;
  std::vector<std::uint32_t> groups;
};

class Summary {
 public:
  Summary(const Evaluation& evaluation, const BootstrapOptions& bootstrap)
      : evaluation_(evaluation), bootstrap_(bootstrap) {}

  EvalSummary make(const std::string& against) {
    EvalSummary out;
    out.num_records = evaluation_.records.size();
    for (const EvaluatedRecord& record : evaluation_.records) {
      out.origin_tokens += record.origin_tokens;
      ++out.row_sizes[record.row];
    }
    if (out.num_records == 0) return out;
    for (std::size_t point = 0; point < evaluation_.points.size(); ++point) {
      out.points.push_back(summary_of(point, out));
    }
    for (std::size_t point = 0; point < evaluation_.points.size(); ++point) {
      compare(point, against, out.differences);
    }
    return out;
  }

 private:
  Column column(std::size_t point, std::size_t score, const std::string* row) const {
    Column out;
    std::unordered_map<std::uint32_t, std::uint32_t> numbers;  // small, as the bootstrap wants them
    for (const EvaluatedRecord& record : evaluation_.records) {
      const double value = record.cells[point].scores[score];
      if (std::isnan(value) || (row != nullptr && record.row != *row)) continue;
      out.values.push_back(value);
      const auto next = static_cast<std::uint32_t>(numbers.size());
      out.groups.push_back(numbers.try_emplace(record.group, next).first->second);
    }
    return out;
  }

  static double mean_of(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }

  ScoreSummary score_of(const Column& column, bool with_interval) const {
    if (column.values.empty()) return {{NAN, NAN, NAN}, 0};
    if (with_interval) {
      return {bootstrap_mean(column.values, column.groups, bootstrap_), column.values.size()};
    }
    const double mean = mean_of(column.values);
    return {{mean, mean, mean}, column.values.size()};
  }

  PointSummary summary_of(std::size_t point, const EvalSummary& all) const {
    PointSummary out;
    out.point = evaluation_.points[point];
    double tokens = 0.0;
    double compress_us = 0.0;
    std::vector<double> times;
    BleuCounts bleu_sum;
    for (const EvaluatedRecord& record : evaluation_.records) {
      const EvalCell& cell = record.cells[point];
      tokens += cell.tokens;
      compress_us += cell.compress_us;
      times.push_back(cell.compress_us);
      out.reader_us_mean += cell.reader_us / static_cast<double>(all.num_records);
      bleu_sum += cell.bleu;
    }
    const auto origin = static_cast<double>(all.origin_tokens);
    out.achieved_rate = origin > 0.0 ? tokens / origin : 0.0;
    out.compress_us_median = quantile_of(times, 0.5);
    out.compress_us_p95 = quantile_of(times, 0.95);
    if (compress_us > 0.0) out.tokens_per_s = origin / compress_us * 1e6;
    if (bleu_sum.reference_words > 0) out.corpus_bleu = bleu(bleu_sum, /*effective_order=*/false);
    for (std::size_t score = 0; score < evaluation_.score_names.size(); ++score) {
      out.scores.push_back(score_of(column(point, score, nullptr), true));
      for (const auto& [row, size] : all.row_sizes) {
        out.rows[row].push_back(score_of(column(point, score, &row), false));
      }
    }
    return out;
  }

  /// `against` minus the compressor at `point`, at its rate.
  void compare(std::size_t point, const std::string& against, std::vector<Difference>& out) const {
    const EvalPoint& other = evaluation_.points[point];
    if (other.control || other.compressor == against) return;
    const auto found = std::ranges::find_if(evaluation_.points, [&](const EvalPoint& candidate) {
      return !candidate.control && candidate.compressor == against &&
             candidate.times == other.times;
    });
    if (found == evaluation_.points.end()) return;
    const auto own = static_cast<std::size_t>(found - evaluation_.points.begin());
    for (std::size_t score = 0; score < evaluation_.score_names.size(); ++score) {
      const Column a = column(own, score, nullptr);
      const Column b = column(point, score, nullptr);
      if (a.values.empty() || a.values.size() != b.values.size()) continue;
      const PairedDifference difference =
          paired_bootstrap(a.values, b.values, a.groups, bootstrap_);
      out.push_back({other.times, against, other.compressor, evaluation_.score_names[score],
                     difference, share_of(difference.value, mean_of(b.values))});
    }
    compare_corpus_bleu(own, point, out);
  }

  void compare_corpus_bleu(std::size_t own, std::size_t point, std::vector<Difference>& out) const {
    const auto& records = evaluation_.records;
    if (std::ranges::all_of(records, [&](const EvaluatedRecord& record) {
          return record.cells[own].bleu.reference_words == 0;
        })) {
      return;
    }
    std::vector<std::uint32_t> groups;
    std::unordered_map<std::uint32_t, std::uint32_t> numbers;
    for (const EvaluatedRecord& record : records) {
      const auto next = static_cast<std::uint32_t>(numbers.size());
      groups.push_back(numbers.try_emplace(record.group, next).first->second);
    }
    const auto corpus = [&](std::size_t at, std::span<const std::uint32_t> items) {
      BleuCounts sum;
      for (const std::uint32_t item : items) sum += records[item].cells[at].bleu;
      return bleu(sum, /*effective_order=*/false) / 100.0;
    };
    std::vector<std::uint32_t> all(records.size());
    std::iota(all.begin(), all.end(), 0U);
    const PairedDifference difference = paired_bootstrap(
        static_cast<std::uint32_t>(records.size()),
        [&](std::span<const std::uint32_t> items) {
          return corpus(own, items) - corpus(point, items);
        },
        groups, bootstrap_);
    out.push_back({evaluation_.points[point].times, evaluation_.points[own].compressor,
                   evaluation_.points[point].compressor, "corpus_bleu", difference,
                   share_of(difference.value, corpus(point, all))});
  }

  const Evaluation& evaluation_;
  const BootstrapOptions& bootstrap_;
};

}  // namespace

EvalSummary summarize(const Evaluation& evaluation, const std::string& against,
                      const BootstrapOptions& bootstrap) {
  return Summary(evaluation, bootstrap).make(against);
}

}  // namespace pith
