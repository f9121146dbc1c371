#include "apps/plot/line_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

namespace pith {
namespace {

constexpr double kWidth = 620, kHeight = 420;
constexpr double kLeft = 64, kRight = 170, kTop = 40, kBottom = 52;
constexpr std::array<const char*, 8> kColours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                 "#E69F00", "#56B4E9", "#000000", "#8A8A00"};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:  // Control characters may not stand in XML.
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
  }
  return out;
}

template <class... Values>
void print(std::string& out, const char* format, Values... values) {
  std::array<char, 512> buffer{};
  const int size = std::snprintf(buffer.data(), buffer.size(), format, values...);
  out.append(buffer.data(),
             std::min<std::size_t>(static_cast<std::size_t>(size), buffer.size() - 1));
}

void text(std::string& out, double x, double y, const char* anchor, const std::string& words) {
  print(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
  out += escaped(words) + "</text>\n";
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
  void widen() {
    if (empty()) *this = {0.0, 1.0};
    if (low == high) {
      const double by = low == 0.0 ? 1.0 : std::abs(low) * 0.1;
      low -= by;
      high += by;
    }
  }
};

class Picture {
 public:
  Picture(const LinePlot& plot, std::string& out) : plot_(plot), out_(out) {
    for (const PlotLine& line : plot.lines) {
      for (const PlotPoint& point : line.points) {
        x_.add(point.x);
        y_.add(scaled(point.y));
        if (point.low < point.high) {
          y_.add(scaled(point.low));
          y_.add(scaled(point.high));
        }
      }
    }
    x_.widen();
    y_.widen();
    const double margin = 0.04 * (y_.high - y_.low);
    y_.low -= margin;
    y_.high += margin;
    const double side = 0.03 * (x_.high - x_.low);
    x_.low -= side;
    x_.high += side;
  }

  void draw() {
    axes();
    for (std::size_t i = 0; i < plot_.lines.size(); ++i) line(i);
  }

 private:
  double scaled(double y) const {
    return plot_.log_y ? (y > 0.0 ? std::log10(y) : std::numeric_limits<double>::quiet_NaN()) : y;
  }
  double at_x(double x) const {
    return kLeft + (x - x_.low) / (x_.high - x_.low) * (kWidth - kLeft - kRight);
  }
  double at_y(double y) const {
    return kHeight - kBottom -
           (scaled(y) - y_.low) / (y_.high - y_.low) * (kHeight - kTop - kBottom);
  }

  void axes() {
    print(out_,
          "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"none\" "
          "stroke=\"#444\"/>\n",
          kLeft, kTop, kWidth - kLeft - kRight, kHeight - kTop - kBottom);
    text(out_, (kLeft + kWidth - kRight) / 2, 22, "middle", plot_.title);
    text(out_, (kLeft + kWidth - kRight) / 2, kHeight - 12, "middle", plot_.x_label);
    print(out_, "<text transform=\"translate(16 %.1f) rotate(-90)\" text-anchor=\"middle\">",
          (kTop + kHeight - kBottom) / 2);
    out_ += escaped(plot_.y_label) + "</text>\n";
    std::vector<double> places = plot_.x_tick_places;
    if (places.empty()) places = tick_places(x_.low, x_.high, 8);
    for (std::size_t i = 0; i < places.size(); ++i) {
      const double x = at_x(places[i]);
      print(out_, "<path d=\"M%.1f %.1fv5\" stroke=\"#444\"/>\n", x, kHeight - kBottom);
      text(out_, x, kHeight - kBottom + 18, "middle",
           i < plot_.x_ticks.size() ? plot_.x_ticks[i] : number(places[i]));
    }
    for (const double place : y_places()) {
      const double y = at_y(place);
      print(out_, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#ddd\"/>\n", kLeft, y, kWidth - kRight);
      text(out_, kLeft - 6, y + 4, "end", number(place));
    }
  }

  std::vector<double> y_places() const {
    if (!plot_.log_y) return tick_places(y_.low, y_.high, 8);
    std::vector<double> places;
    for (double power = std::floor(y_.low); power <= y_.high; ++power) {
      for (const double digit : {1.0, 3.0}) {
        const double place = digit * std::pow(10.0, power);
        if (std::log10(place) >= y_.low && std::log10(place) <= y_.high) places.push_back(place);
      }
    }
    return places;
  }

  static std::string number(double value) {
    std::string out;
    print(out, "%.6g", std::abs(value) < 1e-12 ? 0.0 : value);
    return out;
  }

  void marker(std::size_t index, double x, double y) {
    const char* colour = kColours[index % kColours.size()];
    switch (index % 3) {
      case 0:
        print(out_, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>\n", x, y, colour);
        break;
      case 1:
        print(out_, "<rect x=\"%.1f\" y=\"%.1f\" width=\"7\" height=\"7\" fill=\"%s\"/>\n", x - 3.5,
              y - 3.5, colour);
        break;
      default:
        print(out_, "<path d=\"M%.1f %.1fl4 7h-8z\" fill=\"%s\"/>\n", x, y - 4, colour);
    }
  }

  void line(std::size_t index) {
    const PlotLine& line = plot_.lines[index];
    const char* colour = kColours[index % kColours.size()];
    std::string path;
    bool pen_down = false;
    for (const PlotPoint& point : line.points) {
      const double x = at_x(point.x);
      const double y = at_y(point.y);
      const bool there = std::isfinite(x) && std::isfinite(y);
      if (there) print(path, "%c%.1f %.1f", pen_down ? 'L' : 'M', x, y);
      pen_down = there;
      if (!there) continue;
      const double low = at_y(point.low);
      const double high = at_y(point.high);
      if (point.low < point.high && std::isfinite(low) && std::isfinite(high)) {
        print(out_, "<path d=\"M%.1f %.1fV%.1f\" stroke=\"%s\" stroke-opacity=\"0.5\"/>\n", x, low,
              high, colour);
      }
      if (!line.dashed) marker(index, x, y);
    }
    out_ += "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + colour +
            "\" stroke-width=\"1.6\"" + (line.dashed ? " stroke-dasharray=\"6 4\"" : "") + "/>\n";
    const double y = kTop + 10 + 18 * static_cast<double>(index);
    const double x = kWidth - kRight + 12;
    print(out_, "<path d=\"M%.1f %.1fh22\" stroke=\"%s\" stroke-width=\"1.6\"%s/>\n", x, y, colour,
          line.dashed ? " stroke-dasharray=\"6 4\"" : "");
    if (!line.dashed) marker(index, x + 11, y);
    text(out_, x + 28, y + 4, "start", line.name);
  }

  const LinePlot& plot_;
  std::string& out_;
  Range x_, y_;
};

}  // namespace

std::vector<double> tick_places(double low, double high, std::size_t most) {
  std::vector<double> places;
  if (!(low < high) || most == 0) return places;
  double step = std::pow(10.0, std::floor(std::log10((high - low) / static_cast<double>(most))));
  // 2, 2.5 and 2 make 1, 2, 5, 10.
  constexpr std::array<double, 3> kFactors = {2.0, 2.5, 2.0};
  for (std::size_t i = 0; (high - low) / step > static_cast<double>(most); ++i) {
    step *= kFactors[i % kFactors.size()];
  }
  for (double n = std::ceil(low / step); n * step <= high + 1e-9 * step; ++n) {
    places.push_back(n * step);
  }
  return places;
}

std::string svg_of(const std::vector<LinePlot>& plots) {
  const double width = kWidth * static_cast<double>(std::max<std::size_t>(plots.size(), 1));
  std::string out;
  print(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" ", width,
        kHeight);
  print(out, "viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" font-size=\"12\">\n", width,
        kHeight);
  out += "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
  for (std::size_t i = 0; i < plots.size(); ++i) {
    print(out, "<g transform=\"translate(%.0f 0)\">\n", kWidth * static_cast<double>(i));
    Picture(plots[i], out).draw();
    out += "</g>\n";
  }
  return out + "</svg>\n";
}

}  // namespace pith
