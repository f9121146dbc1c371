// Lines over an axis, as SVG: quality against rate, loss against step.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pith {

struct PlotPoint {
  double x = 0.0, y = 0.0;
  double low = 0.0, high = 0.0;  ///< Whiskers when low < high.
};

struct PlotLine {
  std::string name;
  std::vector<PlotPoint> points;  ///< Not finite ones leave a hole.
  bool dashed = false;
};

/// One picture: axes, lines, a legend. Colours tell apart for the colour-blind (Okabe and Ito
/// 2008); markers differ, too.
struct LinePlot {
  std::string title, x_label, y_label;
  std::vector<PlotLine> lines;
  std::vector<std::string> x_ticks;  ///< With x_tick_places; empty: chosen.
  std::vector<double> x_tick_places;
  bool log_y = false;
};

/// Places from `low` to `high` at steps of 1, 2 or 5 times a power of ten, at most `most`.
std::vector<double> tick_places(double low, double high, std::size_t most);

/// Plots side by side, as a whole SVG file.
std::string svg_of(const std::vector<LinePlot>& plots);

}  // namespace pith
