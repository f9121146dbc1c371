#include "apps/plot/line_plot.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace pith {
namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(TickPlaces, AreRoundNumbers) {
  EXPECT_EQ(tick_places(0.0, 10.0, 6), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(tick_places(1.0, 9.5, 5), (std::vector<double>{2, 4, 6, 8}));
  EXPECT_EQ(tick_places(-30.0, 30.0, 8).front(), -30.0);
  EXPECT_TRUE(tick_places(1.0, 1.0, 5).empty());
  for (const double high : {0.003, 7.0, 12345.0}) {
    const auto places = tick_places(0.0, high, 8);
    EXPECT_GE(places.size(), 3U);
    EXPECT_LE(places.size(), 9U);
  }
}

TEST(SvgOf, DrawsEveryLineAndItsName) {
  LinePlot plot;
  plot.title = "a < b & \"c\"";
  plot.lines = {{"one", {{2, 10, 9, 11}, {4, 8, 7, 9}}, false}, {"all", {{2, 12}, {4, 12}}, true}};
  const std::string svg = svg_of({plot, plot});
  EXPECT_EQ(svg.rfind("</svg>\n"), svg.size() - 7);
  EXPECT_EQ(count(svg, "<g "), 2U);
  EXPECT_EQ(count(svg, ">one</text>"), 2U);
  EXPECT_EQ(count(svg, "a &lt; b &amp; &quot;c&quot;"), 2U);
  EXPECT_EQ(count(svg, "stroke-opacity"), 4U) << "two whiskers a picture";
  EXPECT_EQ(count(svg, "<circle"), 6U) << "two points and one in the legend, twice";
  EXPECT_EQ(svg_of({plot, plot}), svg);
}

TEST(SvgOf, HigherValuesStandHigher) {
  LinePlot plot;
  plot.lines = {{"up", {{0, 0}, {1, 5}}, false}};
  const std::string svg = svg_of({plot});
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  const std::size_t at = svg.find("<path d=\"M", svg.find("<circle"));
  ASSERT_NE(at, std::string::npos);
  ASSERT_EQ(std::sscanf(svg.c_str() + at, "<path d=\"M%lf %lfL%lf %lf", &x1, &y1, &x2, &y2), 4);
  EXPECT_LT(x1, x2);
  EXPECT_GT(y1, y2);
}

TEST(SvgOf, NumbersThatAreNoneLeaveHoles) {
  LinePlot plot;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  plot.log_y = true;
  plot.lines = {{"holes", {{0, 1}, {1, nan}, {2, 100}, {3, 0}}, false}, {"empty", {}, false}};
  const std::string svg = svg_of({plot});
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
  EXPECT_NE(svg_of({LinePlot{}}).find("</svg>"), std::string::npos);
}

}  // namespace
}  // namespace pith
