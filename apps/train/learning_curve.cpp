#include "apps/train/learning_curve.h"

#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "apps/plot/line_plot.h"
#include "apps/train/jsonl_reader.h"

namespace pith {
namespace {

/// Values of a field of the records, by step.
using Series = std::map<double, double>;

struct Panel {
  const char* title;
  const char* y_label;
  std::vector<std::pair<const char*, const char*>> fields;  ///< Name in the records, name in words.
};

const std::vector<Panel>& panels() {
  static const std::vector<Panel> kPanels = {
      {"loss", "loss", {{"loss", "loss"}}},
      {"reward", "reward", {{"reward", "drawn"}, {"valid", "held out, as served"}}},
      {"distance", "nats a word", {{"kl", "divergence"}, {"entropy", "entropy"}}},
      {"spread", "reward", {{"spread", "deviation within a record"}}},
  };
  return kPanels;
}

PlotLine line_of(const char* name, const Series& series) {
  PlotLine line;
  line.name = name;
  for (const auto& [step, value] : series) line.points.push_back({step, value});
  return line;
}

}  // namespace

Result<Done> draw_learning_curve(const std::string& folder, const std::string& title) {
  const std::string records = folder + "/run.jsonl";
  std::error_code failed;
  if (!std::filesystem::exists(records, failed)) return Done{};
  std::map<std::string, Series, std::less<>> series;
  simdjson::dom::parser parser;
  const auto read = for_each_line(records, [&](std::string_view text) -> Result<Done> {
    simdjson::dom::object record;
    double step = 0;
    // The end of a line may be missing where a process was killed.
    if (parser.parse(text.data(), text.size()).get(record) != simdjson::SUCCESS ||
        record["step"].get(step) != simdjson::SUCCESS) {
      return Done{};
    }
    double valid_step = step;
    if (record["valid_step"].get(valid_step) != simdjson::SUCCESS) valid_step = step;
    for (const auto [key, value] : record) {
      double number = 0;
      if (value.get(number) != simdjson::SUCCESS) continue;
      // What was measured may be older than its record.
      series[std::string(key)][key == "valid" ? valid_step : step] = number;
    }
    return Done{};
  });
  if (!read) return read.error();
  // A run with rewards has a loss without a meaning of its own.
  const bool rewards = series.contains("reward");
  std::vector<LinePlot> plots;
  for (const Panel& panel : panels()) {
    if (rewards && panel.fields.front().first == std::string_view("loss")) continue;
    LinePlot plot;
    plot.title = plots.empty() ? title : panel.title;
    plot.x_label = "step";
    plot.y_label = panel.y_label;
    for (const auto& [field, name] : panel.fields) {
      if (const auto found = series.find(field); found != series.end()) {
        plot.lines.push_back(line_of(name, found->second));
      }
    }
    if (!plot.lines.empty()) plots.push_back(std::move(plot));
  }
  if (plots.empty()) return Done{};
  const std::string path = folder + "/curve.svg";
  if (!(std::ofstream(path, std::ios::binary) << svg_of(plots)).flush()) {
    return Error{ErrorCode::kStorageFailed, path + ": cannot be written"};
  }
  return Done{};
}

}  // namespace pith
