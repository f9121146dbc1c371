#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "apps/eval/reports.h"
#include "apps/eval/task_scores.h"

namespace pith {
namespace {

template <class... Values>
void print(std::string& out, const char* format, Values... values) {
  std::array<char, 512> buffer{};
  const int size = std::snprintf(buffer.data(), buffer.size(), format, values...);
  out.append(buffer.data(),
             std::min<std::size_t>(static_cast<std::size_t>(size), buffer.size() - 1));
}

class Table {
 public:
  Table(const EvalOptions& options, const ReportContext& context, const Evaluation& evaluation,
        const EvalSummary& summary)
      : options_(options), context_(context), evaluation_(evaluation), summary_(summary) {
    for (const EvalPoint& point : evaluation.points) {
      name_width_ = std::max(name_width_, static_cast<int>(point.compressor.size()));
    }
  }

  std::string text() {
    head();
    if (summary_.num_records == 0) return out_ + "no records\n";
    column_names("controls");
    for (const PointSummary& point : summary_.points) {
      if (point.point.control) line(point);
    }
    for (const double times : options_.times) {
      print(out_, "\n");
      column_names(number(times) + "x");
      for (const PointSummary& point : summary_.points) {
        if (!point.point.control && point.point.times == times) line(point);
      }
    }
    if (summary_.row_sizes.size() > 1) rows();
    return out_;
  }

 private:
  static std::string number(double value) {
    std::string out;
    print(out, "%g", value);
    return out;
  }

  void head() {
    print(out_, "%s: %zu of %zu records, %zu tokens (%s), %s\n", context_.task_name.c_str(),
          summary_.num_records, context_.num_in_file, summary_.origin_tokens,
          options_.tokenizer.c_str(),
          options_.protect ? "literals kept, as pith serve does" : "words by their order alone");
    if (context_.reader_url.empty()) {
      print(out_, "reader: none; what follows says what survives, not what can be read\n");
    } else {
      print(out_,
            "reader: %s at %s; %llu requests, %llu of them repeated, %zu answers from the cache\n",
            context_.reader_model.c_str(), context_.reader_url.c_str(),
            static_cast<unsigned long long>(context_.num_requests),
            static_cast<unsigned long long>(context_.num_retries), evaluation_.num_cached);
    }
    if (evaluation_.num_failed > 0) {
      print(out_, "left out: %zu records without an answer at some point\n",
            evaluation_.num_failed);
    }
    if (!evaluation_.stopped.empty())
      print(out_, "stopped early: %s\n", evaluation_.stopped.c_str());
    for (const std::string& name : evaluation_.score_names) {
      print(out_, "%s: %s\n", name.c_str(), score_meaning(name).c_str());
    }
    print(out_,
          "[ ]: %g %% bootstrap interval; delta: %s minus the row's, * interval without 0\n\n",
          95.0, context_.against.c_str());
  }

  int score_width(std::size_t score) const {
    const int interval = score == context_.main_score ? 27 : 8;
    return std::max(interval, static_cast<int>(evaluation_.score_names[score].size()));
  }

  void column_names(const std::string& what) {
    print(out_, "%-*s %8s", name_width_, what.c_str(), "achieved");
    for (std::size_t i = 0; i < evaluation_.score_names.size(); ++i) {
      print(out_, " %*s", score_width(i), evaluation_.score_names[i].c_str());
    }
    print(out_, " %24s %9s %9s", "delta", "ms p50", "ms p95");
    if (!context_.reader_url.empty()) print(out_, " %9s", "reader ms");
    out_ += '\n';
  }

  const Difference* difference(const PointSummary& point) const {
    for (const Difference& found : summary_.differences) {
      if (found.times == point.point.times && found.against == point.point.compressor &&
          found.score == evaluation_.score_names[context_.main_score]) {
        return &found;
      }
    }
    return nullptr;
  }

  void line(const PointSummary& point) {
    print(out_, "%-*s %7.1f%%", name_width_, point.point.compressor.c_str(),
          100.0 * point.achieved_rate);
    for (std::size_t i = 0; i < point.scores.size(); ++i) {
      const Interval& score = point.scores[i].interval;
      if (i == context_.main_score) {
        print(out_, " %*.2f [%6.2f, %6.2f]", score_width(i) - 17, 100 * score.value,
              100 * score.low, 100 * score.high);
      } else {
        print(out_, " %*.2f", score_width(i), 100 * score.value);
      }
    }
    const Difference* found = point.point.control ? nullptr : difference(point);
    std::string delta;
    if (found != nullptr) {
      const PairedDifference& d = found->difference;
      print(delta, "%+.2f [%+.2f, %+.2f]%s", 100 * d.value, 100 * d.low, 100 * d.high,
            d.low > 0.0 || d.high < 0.0 ? "*" : " ");
    }
    print(out_, " %24s", delta.c_str());
    if (point.point.control) {
      print(out_, " %9s %9s", "", "");
    } else {
      print(out_, " %9.3f %9.3f", point.compress_us_median / 1e3, point.compress_us_p95 / 1e3);
    }
    if (!context_.reader_url.empty()) print(out_, " %9.0f", point.reader_us_mean / 1e3);
    out_ += '\n';
  }

  /// The main score of parts of the records, one line a compressor and rate.
  void rows() {
    print(out_, "\n%s of parts (records)\n%-*s",
          evaluation_.score_names[context_.main_score].c_str(), name_width_ + 6, "");
    for (const auto& [row, size] : summary_.row_sizes) {
      print(out_, "  %s (%zu)", row.c_str(), size);
    }
    out_ += '\n';
    for (const PointSummary& point : summary_.points) {
      print(out_, "%-*s %-5s", name_width_, point.point.compressor.c_str(),
            point.point.control ? "" : (number(point.point.times) + "x").c_str());
      for (const auto& [row, size] : summary_.row_sizes) {
        const ScoreSummary& score = point.rows.at(row)[context_.main_score];
        const int width = static_cast<int>(row.size() + std::to_string(size).size() + 3);
        if (score.num_records == 0) {
          print(out_, "  %*s", width, "-");
        } else {
          print(out_, "  %*.2f", width, 100 * score.interval.value);
        }
      }
      out_ += '\n';
    }
  }

  const EvalOptions& options_;
  const ReportContext& context_;
  const Evaluation& evaluation_;
  const EvalSummary& summary_;
  int name_width_ = 8;
  std::string out_;
};

}  // namespace

std::string table_report(const EvalOptions& options, const ReportContext& context,
                         const Evaluation& evaluation, const EvalSummary& summary) {
  return Table(options, context, evaluation, summary).text();
}

}  // namespace pith
