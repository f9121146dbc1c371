#include <algorithm>

#include "apps/eval/reports.h"
#include "apps/plot/line_plot.h"

namespace pith {

std::string plot_report(const ReportContext& context, const Evaluation& evaluation,
                        const EvalSummary& summary) {
  LinePlot quality;
  LinePlot latency;
  const std::string& score = evaluation.score_names[context.main_score];
  quality.title = context.task_name + ": " + score + " against rate, " +
                  std::to_string(summary.num_records) + " records";
  quality.x_label = latency.x_label = "original tokens / kept tokens, as achieved";
  quality.y_label = score + " x 100";
  latency.title = context.task_name + ": time of compression a text, median";
  latency.y_label = "ms";
  latency.log_y = true;
  double first = 1e9;
  double last = 0.0;
  for (const PointSummary& point : summary.points) {
    if (point.point.control || point.achieved_rate <= 0.0) continue;
    const double times = 1.0 / point.achieved_rate;
    first = std::min(first, times);
    last = std::max(last, times);
    const std::string& name = point.point.compressor;
    if (quality.lines.empty() || quality.lines.back().name != name) {
      quality.lines.push_back({name, {}, false});
      latency.lines.push_back({name, {}, false});
    }
    const Interval& value = point.scores[context.main_score].interval;
    quality.lines.back().points.push_back(
        {times, 100 * value.value, 100 * value.low, 100 * value.high});
    latency.lines.back().points.push_back({times, point.compress_us_median / 1e3, 0.0, 0.0});
  }
  for (const PointSummary& point : summary.points) {
    if (!point.point.control || last == 0.0) continue;
    const double value = 100 * point.scores[context.main_score].interval.value;
    const std::string name = point.point.compressor == "full" ? "full prompt" : "no context";
    quality.lines.push_back({name, {{first, value, 0, 0}, {last, value, 0, 0}}, true});
  }
  return svg_of({quality, latency});
}

}  // namespace pith
