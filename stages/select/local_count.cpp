#include "stages/select/local_count.h"

#include <optional>

namespace pith {
namespace {

// Long enough for words between blanks, short enough to stay cheap in scripts without them.
constexpr std::size_t kContextBytesMax = 96;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

bool starts_with_blank(const std::string& gap) {
  return !gap.empty() && (gap[0] == ' ' || gap[0] == '\t');
}

// A printable ASCII byte, or the end of a letter: whatever is no blank of any kind for the reader's
// \s.
bool ends_word(std::string_view text) {
  if (text.empty()) return false;
  const auto last = static_cast<unsigned char>(text.back());
  if (last < 0x80) return last > ' ';
  // U+00A0, U+0085, U+1680, U+2000.., U+3000 are blanks: such endings are left to the wider window.
  std::size_t i = text.size() - 1;
  while (i > 0 && is_continuation(text[i])) --i;
  const std::string_view c = text.substr(i);
  return !(c.starts_with("\xC2") || c.starts_with("\xE1\x9A") || c.starts_with("\xE2\x80") ||
           c.starts_with("\xE2\x81") || c.starts_with("\xE3\x80\x80"));
}

// Where the last (first) blank after a non-blank stands in `text`: a place to cut.
std::optional<std::size_t> last_cut(std::string_view text) {
  for (std::size_t i = text.size(); i-- > 1;) {
    if (text[i] == ' ' && ends_word(text.substr(0, i))) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> first_cut(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == ' ' && ends_word(text.substr(0, i))) return i;
  }
  return std::nullopt;
}

}  // namespace

void LocalCount::left_context(std::size_t atom, const std::vector<bool>& kept, std::string& out) {
  out.clear();
  for (;;) {
    std::string_view text = layout_.atom_text(atom);
    const bool long_text = text.size() > kContextBytesMax;
    if (long_text) {
      std::size_t from = text.size() - kContextBytesMax;
      while (from > 0 && is_continuation(text[from])) --from;
      text.remove_prefix(from);
    }
    if (const auto cut = last_cut(text)) {
      out.insert(0, text.substr(*cut));
      return;
    }
    out.insert(0, text);
    std::size_t before = atom;
    while (before > 0 && !kept[before - 1]) --before;
    if (before == 0 && !long_text) {  // the start of the text
      gap_.clear();
      if (atom == 0) layout_.append_lead(gap_);
      out.insert(0, gap_);
      return;
    }
    if (long_text || out.size() > kContextBytesMax) {
      exact_ = false;
      return;
    }
    gap_.clear();
    layout_.append_gap(before - 1, atom, gap_);
    out.insert(0, gap_);
    if (starts_with_blank(gap_) && ends_word(layout_.atom_text(before - 1))) return;
    atom = before - 1;
  }
}

void LocalCount::right_context(std::size_t atom, const std::vector<bool>& kept, std::string& out) {
  out.clear();
  const std::size_t n = layout_.atoms().size();
  for (;;) {
    std::string_view text = layout_.atom_text(atom);
    const bool long_text = text.size() > kContextBytesMax;
    if (long_text) {
      std::size_t to = kContextBytesMax;
      while (to < text.size() && is_continuation(text[to])) ++to;
      text = text.substr(0, to);
    }
    if (const auto cut = first_cut(text)) {
      out.append(text.substr(0, *cut));
      return;
    }
    out.append(text);
    if (long_text || out.size() > kContextBytesMax) {
      exact_ = false;
      return;
    }
    std::size_t next = atom + 1;
    while (next < n && !kept[next]) ++next;
    if (next >= n) {
      layout_.append_tail(out);
      return;
    }
    gap_.clear();
    layout_.append_gap(atom, next, gap_);
    if (starts_with_blank(gap_) && ends_word(layout_.atom_text(atom))) return;
    out.append(gap_);
    atom = next;
  }
}

std::int64_t LocalCount::gain(std::size_t atom, const std::vector<bool>& kept) {
  const std::size_t n = layout_.atoms().size();
  std::size_t a = atom;
  while (a > 0 && !kept[a - 1]) --a;
  std::size_t b = atom + 1;
  while (b < n && !kept[b]) ++b;
  const bool has_left = a > 0;
  const bool has_right = b < n;

  with_.clear();
  without_.clear();
  if (has_left) {
    layout_.append_gap(a - 1, atom, with_);
  } else if (atom == 0) {
    layout_.append_lead(with_);
  }
  const bool with_blank = starts_with_blank(with_);
  with_.append(layout_.atom_text(atom));
  if (has_right) {
    layout_.append_gap(atom, b, with_);
    if (has_left) layout_.append_gap(a - 1, b, without_);
    right_context(b, kept, right_);
    with_.append(right_);
  } else {
    right_.clear();
    layout_.append_tail(right_);
    with_.append(right_);
  }
  const bool without_blank =
      without_.empty() ? (right_.empty() || right_[0] == ' ') : starts_with_blank(without_);
  without_.append(right_);
  if (has_left && !(with_blank && without_blank && ends_word(layout_.atom_text(a - 1)))) {
    left_context(a - 1, kept, left_);
    with_.insert(0, left_);
    without_.insert(0, left_);
  }
  return static_cast<std::int64_t>(reader_.count(with_)) -
         static_cast<std::int64_t>(reader_.count(without_));
}

}  // namespace pith
