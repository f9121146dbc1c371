#include "stages/structure/line_kinds.h"

#include <algorithm>

#include "stages/structure/line_look.h"

namespace pith {
namespace {

using Text = std::string_view;

/// [first, last) of lines without a blank or fixed line among them.
struct Block {
  std::size_t first;
  std::size_t last;
};

double code_weight(LineLook look) {
  if (look == LineLook::kStrongCode) return 1.0;
  return look == LineLook::kWeakCode ? 0.5 : 0.0;
}

class Judge {
 public:
  Judge(Text text, const std::vector<Line>& lines, const std::vector<bool>& fixed,
        std::vector<RegionKind>& kinds)
      : text_(text),
        lines_(lines),
        fixed_(fixed),
        kinds_(kinds),
        looks_(lines.size(), LineLook::kBlank) {}

  void run() {
    look();
    for (const Block& block : blocks_) {
      tables(block);
      indented(block);
      settle(block);
    }
    bridge();
    vote();
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (!fixed_[i] && looks_[i] != LineLook::kBlank) kinds_[i] = kind_of(looks_[i]);
    }
    blanks();
  }

 private:
  static RegionKind kind_of(LineLook look) {
    switch (look) {
      case LineLook::kStrongCode:
        return RegionKind::kCode;
      case LineLook::kLog:
        return RegionKind::kLog;
      case LineLook::kTable:
        return RegionKind::kTable;
      default:
        return RegionKind::kProse;
    }
  }

  bool judged(std::size_t i) const { return !fixed_[i] && !lines_[i].blank(); }

  void look() {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (!judged(i)) continue;
      looks_[i] = look_of(text_, lines_[i]);
      if (i > 0 && judged(i - 1)) {
        ++blocks_.back().last;
      } else {
        blocks_.push_back({i, i + 1});
      }
    }
  }

  // Several "# " lines in a row are comments, not headings.
  bool comment_run(std::size_t i, const Block& block) const {
    const Text text = lines_[i].text(text_);
    if (!text.starts_with("# ")) return false;
    return (i > block.first && lines_[i - 1].text(text_).starts_with("#")) ||
           (i + 1 < block.last && lines_[i + 1].text(text_).starts_with("# "));
  }

  // Runs of three lines with the same number of tabs or commas, or with wide gaps; and what belongs
  // to a | table.
  void tables(const Block& block) {
    for (std::size_t i = block.first; i < block.last;) {
      std::size_t last = i + 1;
      const auto run = [&](auto&& same) {
        while (last < block.last && same(lines_[last])) ++last;
        return last - i >= 3;
      };
      const Line& a = lines_[i];
      const bool table =
          (a.num_tabs > 0 && run([&](const Line& b) { return b.num_tabs == a.num_tabs; })) ||
          (last = i + 1, a.num_gaps >= 2 && run([](const Line& b) { return b.num_gaps >= 2; })) ||
          (last = i + 1, a.num_commas >= 2 && comma_cells(a) && run([&](const Line& b) {
                           return b.num_commas == a.num_commas && comma_cells(b);
                         }));
      if (!table) {
        ++i;
        continue;
      }
      std::fill(looks_.begin() + static_cast<std::ptrdiff_t>(i),
                looks_.begin() + static_cast<std::ptrdiff_t>(last), LineLook::kTable);
      i = last;
    }
    // A header stands over its rule, and rows without outer bars under it.
    for (std::size_t i = block.first; i < block.last; ++i) {
      if (looks_[i] != LineLook::kTable || lines_[i].num_pipes == 0) continue;
      if (i > block.first && lines_[i - 1].num_pipes > 0) looks_[i - 1] = LineLook::kTable;
      if (i + 1 < block.last && lines_[i + 1].num_pipes > 0) looks_[i + 1] = LineLook::kTable;
    }
  }

  // Commas that separate cells have no blank after them.
  bool comma_cells(const Line& line) const {
    const Text text = line.text(text_);
    std::uint32_t with_blank = 0;
    for (std::size_t at = text.find(", "); at != Text::npos; at = text.find(", ", at + 2))
      ++with_blank;
    return with_blank * 3 < line.num_commas;
  }

  // Four columns in after a blank line are code, unless they read as sentences or continue a list
  // item.
  void indented(const Block& block) {
    const Line& head = lines_[block.first];
    const std::size_t marker = list_marker_bytes(head.text(text_));
    if (head.indent == 0) list_column_ = marker > 0 ? static_cast<std::uint32_t>(marker) : 0;
    if (marker > 0 && head.indent < list_column_ + 4) {
      list_column_ = head.indent + static_cast<std::uint32_t>(marker);
      return;
    }
    if (head.indent >= 4 + list_column_) {
      std::uint32_t words = 0;
      std::uint32_t plain = 0;
      std::size_t last = block.first;
      for (; last < block.last && lines_[last].indent >= 4; ++last) {
        words += lines_[last].num_words;
        plain += lines_[last].num_plain;
      }
      const auto num_lines = static_cast<std::uint32_t>(last - block.first);
      const bool sentences = words >= 6 * num_lines && plain * 5 >= words * 4;
      if (!sentences) {
        for (std::size_t i = block.first; i < last; ++i) {
          if (looks_[i] != LineLook::kLog) looks_[i] = LineLook::kStrongCode;
        }
      }
    }
    for (std::size_t i = block.first + 1; i < block.last; ++i) {
      const std::size_t bytes = list_marker_bytes(lines_[i].text(text_));
      if (bytes > 0) list_column_ = lines_[i].indent + static_cast<std::uint32_t>(bytes);
    }
  }

  // A line at the margin that reads as a sentence: no surroundings make code of it.
  bool sentence(std::size_t i) const {
    const Line& line = lines_[i];
    if (line.indent > 0 || comment_like(line) || line.num_plain * 4 < line.num_words * 3)
      return false;
    const char last = text_[line.text_end - 1];
    const bool ended = last == '.' || last == '?' || last == '!' || last == ':';
    // Hard-wrapped lines end anywhere; then the look of the lines around must agree.
    const bool wrapped =
        (i > 0 && judged(i - 1) && looks_[i - 1] == LineLook::kProse) ||
        (i + 1 < lines_.size() && judged(i + 1) && looks_[i + 1] == LineLook::kProse);
    return line.num_words >= 12 || (line.num_words >= 5 && (ended || wrapped));
  }

  // A block is code or log as a whole when half of it is.
  void settle(const Block& block) {
    double code = 0;
    double weak = 0;
    double logs = 0;
    bool shell = false;
    for (std::size_t i = block.first; i < block.last; ++i) {
      if (looks_[i] == LineLook::kProse && comment_run(i, block)) looks_[i] = LineLook::kWeakCode;
      code += code_weight(looks_[i]);
      weak += looks_[i] == LineLook::kWeakCode ? 1 : 0;
      logs += looks_[i] == LineLook::kLog ? 1 : 0;
      shell =
          shell || (looks_[i] == LineLook::kStrongCode && lines_[i].text(text_).starts_with("$ "));
    }
    const double n = static_cast<double>(block.last - block.first);
    LineLook whole = LineLook::kBlank;
    if (logs >= 0.5 * n) whole = LineLook::kLog;
    if (code >= 0.5 * n && (code > weak * 0.5 || (weak >= 0.8 * n && n >= 3)))
      whole = LineLook::kStrongCode;
    if (weak >= 0.8 * n && n >= 3) whole = LineLook::kStrongCode;
    if (shell) whole = LineLook::kStrongCode;  // what a command printed belongs to it
    if (whole == LineLook::kBlank) return;
    for (std::size_t i = block.first; i < block.last; ++i) {
      if (looks_[i] == LineLook::kLog || looks_[i] == LineLook::kTable) continue;
      if (whole == LineLook::kStrongCode && !shell && lines_[i].num_words >= 8 && sentence(i))
        continue;
      looks_[i] = whole;
    }
  }

  bool comment_like(const Line& line) const {
    const Text text = line.text(text_);
    return line.indent >= 2 || text.starts_with("# ") || text.starts_with("//") ||
           text.starts_with("-- ") || text.starts_with("*") || text.starts_with(";") ||
           text.starts_with("\"");
  }

  // Few lines, or only comments and indented lines, between code and code are code too.
  void bridge() {
    constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    constexpr std::size_t kBridgeLinesMax = 40;
    std::size_t code = kNone;
    std::size_t count = 0;
    bool blank_between = false;
    bool comments = true;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (fixed_[i]) {
        code = kNone;
      } else if (looks_[i] == LineLook::kStrongCode) {
        if (code != kNone && count > 0 && count <= kBridgeLinesMax &&
            (comments || (count <= 2 && !blank_between))) {
          for (std::size_t j = code + 1; j < i; ++j) {
            if (!sentence(j) && (looks_[j] == LineLook::kProse || looks_[j] == LineLook::kWeakCode))
              looks_[j] = LineLook::kStrongCode;
          }
        }
        code = i;
        count = 0;
        blank_between = false;
        comments = true;
      } else if (lines_[i].blank()) {
        blank_between = true;
      } else {
        ++count;
        comments = comments && comment_like(lines_[i]);
      }
    }
  }

  // Source files: where most lines around are code, this one is.
  void vote() {
    std::vector<std::size_t> index;
    std::vector<double> sum = {0.0};
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (!judged(i)) continue;
      index.push_back(i);
      sum.push_back(sum.back() + code_weight(looks_[i]));
    }
    const std::size_t n = index.size();
    const bool all = n >= 5 && sum[n] >= 0.6 * static_cast<double>(n);
    constexpr std::size_t kReach = 10;
    for (std::size_t k = 0; k < n; ++k) {
      LineLook& look = looks_[index[k]];
      if (sentence(index[k]) || (look != LineLook::kProse && look != LineLook::kWeakCode)) continue;
      const std::size_t from = k < kReach ? 0 : k - kReach;
      const std::size_t to = std::min(n, k + kReach + 1);
      const bool around =
          to - from >= 8 && sum[to] - sum[from] >= 0.6 * static_cast<double>(to - from);
      if (all || around) look = LineLook::kStrongCode;
    }
  }

  // Blank lines between lines of one kind belong to it; elsewhere they are prose, where runs of
  // them fold.
  void blanks() {
    RegionKind before = RegionKind::kProse;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (fixed_[i] || !lines_[i].blank()) {
        before = kinds_[i];
        continue;
      }
      std::size_t next = i;
      while (next < lines_.size() && !fixed_[next] && lines_[next].blank()) ++next;
      const bool inside = i > 0 && next < lines_.size() && kinds_[next] == before &&
                          !fixed_[i - 1] && !fixed_[next];
      const bool keep = inside && before != RegionKind::kJson;
      std::fill(kinds_.begin() + static_cast<std::ptrdiff_t>(i),
                kinds_.begin() + static_cast<std::ptrdiff_t>(next),
                keep ? before : RegionKind::kProse);
      i = next - 1;
    }
  }

  Text text_;
  const std::vector<Line>& lines_;
  const std::vector<bool>& fixed_;
  std::vector<RegionKind>& kinds_;
  std::vector<LineLook> looks_;
  std::vector<Block> blocks_;
  std::uint32_t list_column_ = 0;
};

}  // namespace

void judge_lines(std::string_view text, const std::vector<Line>& lines,
                 const std::vector<bool>& fixed, std::vector<RegionKind>& kinds) {
  Judge(text, lines, fixed, kinds).run();
}

}  // namespace pith
