#include "tests/literals/survival.h"

#include <algorithm>
#include <map>
#include <set>

#include "messages/byte_span.h"
#include "tests/literals/letters.h"
#include "tests/literals/reader_view.h"

namespace pith::literals {
namespace {

struct Line {
  std::size_t begin, end;
};

Line line_around(std::string_view text, std::size_t at) {
  const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return {before == std::string_view::npos ? 0 : before + 1,
          std::min(text.find('\n', at), text.size())};
}

std::string_view trimmed(std::string_view line) {
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  return line;
}

class KeptBytes {
 public:
  KeptBytes(std::string_view text, const std::vector<ByteSpan>& spans)
      : text_(text), kept_(text.size(), 0) {
    for (const ByteSpan& span : spans)
      std::fill(&kept_[span.begin], &kept_[span.begin] + (span.end - span.begin), 1);
  }

  bool all(std::size_t begin, std::size_t end) const {
    for (std::size_t i = begin; i < end; ++i) {
      if (kept_[i] == 0 && !is_blank(text_[i])) return false;
    }
    return true;
  }
  /// No blank at all is left of a run that parted two words inside the literal.
  bool joined_inside(std::size_t begin, std::size_t end) const {
    for (std::size_t i = begin + 1; i < end; ++i) {
      if (kept_[i] == 1 && !is_blank(text_[i]) && kept_[i - 1] == 0 && touches(last_kept(i), i, i))
        return true;
    }
    return false;
  }
  bool glued(std::size_t begin, std::size_t end) const {
    const std::size_t before = last_kept(begin);
    if (before < begin && before + 1 != begin && touches(before, begin, begin)) return true;
    std::size_t after = end;
    while (after < text_.size() && kept_[after] == 0) ++after;
    return after < text_.size() && after != end && touches(end - 1, after, end - 1);
  }

 private:
  /// The last kept byte before `at`, or `at` when there is none.
  std::size_t last_kept(std::size_t at) const {
    for (std::size_t i = at; i > 0; --i) {
      if (kept_[i - 1] == 1) return i - 1;
    }
    return at;
  }
  /// The bytes at `left` and `right`, now neighbours, make one word or number together.
  bool touches(std::size_t left, std::size_t right, std::size_t inside) const {
    const char32_t a = code_point_before(text_, left + 1).value;
    const char32_t b = code_point_at(text_, right).value;
    if (is_word_char(a) && is_word_char(b)) return true;
    // Minified JSON, [6,547], parts what the commas part: only more than blanks between counts.
    if (!is_digit(text_[inside]) || all_blank(left + 1, right)) return false;
    const auto sign = [](char32_t c) { return c == '-' || c == '+' || c == '.' || c == ','; };
    if (inside == right) return sign(a);
    return sign(b) && is_digit(char_at(text_, right + 1));
  }
  bool all_blank(std::size_t begin, std::size_t end) const {
    return std::all_of(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                       text_.begin() + static_cast<std::ptrdiff_t>(end), is_blank);
  }

  std::string_view text_;
  std::vector<char> kept_;
};

/// Whether an equal line of the text is kept whole.
class FoldedLines {
 public:
  FoldedLines(std::string_view text, const KeptBytes& kept) : text_(text) {
    for (std::size_t at = 0; at <= text.size();) {
      const Line line = line_around(text, at);
      if (kept.all(line.begin, line.end))
        kept_.insert(trimmed(text.substr(line.begin, line.end - line.begin)));
      at = line.end + 1;
    }
  }
  bool has_copy(const Literal& literal) const {
    const Line line = line_around(text_, literal.begin);
    return literal.end <= line.end &&
           kept_.contains(trimmed(text_.substr(line.begin, line.end - line.begin)));
  }

 private:
  std::string_view text_;
  std::set<std::string_view> kept_;
};

/// Finds the literals of each class one after the other in the compressed text, as a reader would
/// who knows nothing of spans.
class InOrder {
 public:
  explicit InOrder(std::string_view output) : output_(output) {}

  bool find_next(std::string_view text, const Literal& literal) {
    const std::string_view value = text.substr(literal.begin, literal.end - literal.begin);
    const bool starts = at_word_start(text, literal.begin);
    const bool ends = at_word_end(text, literal.end);
    std::size_t& cursor = cursors_[literal.literal_class];
    for (std::size_t at = output_.find(value, cursor); at != std::string_view::npos;
         at = output_.find(value, at + 1)) {
      const std::size_t end = at + value.size();
      // What stood apart must stand apart: the 3 of "13" is no 3.
      if (starts && is_word_char(code_point_at(value, 0).value) && !at_word_start(output_, at))
        continue;
      if (ends && is_word_char(code_point_before(value, value.size()).value) &&
          !at_word_end(output_, end))
        continue;
      cursor = end;
      return true;
    }
    return false;
  }

 private:
  std::string_view output_;
  std::map<LiteralClass, std::size_t> cursors_;
};

}  // namespace

Survival check_survival(std::string_view original, const SegmentReply& reply) {
  Survival survival;
  ReaderView view = reader_view(original);
  const ViewSpans spans = kept_of_view(view, original, reply.kept);
  survival.view = std::move(view.text);
  const std::string_view text = survival.view;
  for (const std::size_t at : spans.half_kept) {
    ++survival.lost[static_cast<std::size_t>(LiteralClass::kQuoted)];
    survival.losses.push_back({{LiteralClass::kQuoted, at, at + 1}, Loss::kHalf});
  }
  const KeptBytes kept(text, spans.kept);
  const bool folds = std::ranges::find(reply.transforms, "log_fold") != reply.transforms.end();
  const FoldedLines folded(text, kept);
  const std::string output = apply_spans(text, spans.kept);
  InOrder in_order(output);
  std::size_t covered = 0;  // up to here
  for (const Literal& literal : extract_literals(text)) {
    const auto index = static_cast<std::size_t>(literal.literal_class);
    const auto lose = [&](Loss loss) {
      ++survival.lost[index];
      survival.losses.push_back({literal, loss});
    };
    ++survival.listed[index];
    survival.literal_bytes += literal.end - std::clamp(covered, literal.begin, literal.end);
    covered = std::max(covered, literal.end);
    const std::string_view value = text.substr(literal.begin, literal.end - literal.begin);
    if (!kept.all(literal.begin, literal.end)) {
      if (folds && folded.has_copy(literal)) {
        ++survival.folded;
      } else {
        lose(Loss::kCut);
      }
    } else if (kept.glued(literal.begin, literal.end) ||
               kept.joined_inside(literal.begin, literal.end)) {
      lose(Loss::kGlued);
    } else if (value.find_first_of(" \t\r\n") == std::string_view::npos &&
               !in_order.find_next(text, literal)) {
      // A literal with blanks inside may have lost some of them; its bytes were checked above.
      lose(Loss::kOrder);
    }
  }
  return survival;
}

}  // namespace pith::literals
