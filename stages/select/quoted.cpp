#include "stages/select/quoted.h"

#include <algorithm>
#include <array>

namespace pith {
namespace {

using Text = std::string_view;

constexpr std::size_t kQuotedBytesMax = 200;
constexpr std::size_t kLinkBytesMax = 400;
constexpr std::size_t kCodeBytesMax = 2000;

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

struct Pair {
  Text open;
  Text close;
};

// „ closes with “ in German and with ” elsewhere; “ opens in most languages.
constexpr std::array<Pair, 9> kPairs = {{{"\xE2\x80\x9C", "\xE2\x80\x9D"},
                                         {"\xE2\x80\x9E", "\xE2\x80\x9C"},
                                         {"\xE2\x80\x9E", "\xE2\x80\x9D"},
                                         {"\xC2\xAB", "\xC2\xBB"},
                                         {"\xE3\x80\x8C", "\xE3\x80\x8D"},
                                         {"\xE3\x80\x8E", "\xE3\x80\x8F"},
                                         {"\xE2\x80\x98", "\xE2\x80\x99"},
                                         {"\xE2\x80\xB9", "\xE2\x80\xBA"},
                                         {"\xE3\x80\x8A", "\xE3\x80\x8B"}}};

class Quotes {
 public:
  Quotes(Text text, ByteSpan line, std::uint32_t protect, std::vector<ProtectedSpan>& spans)
      : line_(text.substr(line.begin, line.end - line.begin)),
        base_(line.begin),
        protect_(protect),
        spans_(spans) {}

  void run() {
    std::size_t at = 0;
    while ((at = next_mark(at)) < line_.size()) at = mark(at);
  }

 private:
  std::size_t next_mark(std::size_t at) const {
    for (; at < line_.size(); ++at) {
      switch (line_[at]) {
        case '"':
        case '\'':
        case '`':
        case '[':
        case '<':
        case '\xE2':
        case '\xE3':
        case '\xC2':
          return at;
        default:
          break;
      }
    }
    return at;
  }

  void add(std::size_t begin, std::size_t end, std::uint32_t reason) {
    if ((protect_ & reason) == 0) return;
    spans_.push_back(
        {{base_ + static_cast<std::uint32_t>(begin), base_ + static_cast<std::uint32_t>(end)},
         reason});
  }

  // Where `close` stands within `limit` bytes after `from`.
  std::size_t find_within(Text close, std::size_t from, std::size_t limit) const {
    const std::size_t at = line_.substr(from, limit + close.size()).find(close);
    return at == Text::npos ? at : from + at;
  }

  // Returns where to go on.
  std::size_t mark(std::size_t at) {
    switch (line_[at]) {
      case '`':
        return code(at);
      case '[':
        return link(at);
      case '<':
        return tag(at);
      case '"':
        return straight(at, '"');
      case '\'':
        return straight(at, '\'');
      default:
        return curly(at);
    }
  }

  std::size_t code(std::size_t at) {
    std::size_t ticks = line_.find_first_not_of('`', at);
    if (ticks == Text::npos) ticks = line_.size();
    const std::size_t close = find_within(line_.substr(at, ticks - at), ticks, kCodeBytesMax);
    if (close == Text::npos) return ticks;
    const std::size_t end = close + (ticks - at);
    add(at, end, kProtectCode);
    return end;
  }

  std::size_t link(std::size_t at) {
    const std::size_t middle = find_within("](", at, kQuotedBytesMax);
    if (middle == Text::npos) return at + 1;
    if (line_.substr(at + 1, middle - at - 1).find('[') != Text::npos)
      return at + 1;  // the inner one is the link
    const std::size_t close = find_within(")", middle, kLinkBytesMax);
    if (close == Text::npos) return at + 1;
    add(at, close + 1, kProtectUrls);
    return close + 1;
  }

  std::size_t tag(std::size_t at) {
    if (at + 1 >= line_.size()) return at + 1;
    const char c = line_[at + 1];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '!')) return at + 1;
    const std::size_t close = line_.substr(at + 1, kLinkBytesMax).find_first_of("<>");
    if (close == Text::npos || line_[at + 1 + close] != '>') return at + 1;
    add(at, at + close + 2, kProtectCode);
    return at + close + 2;
  }

  // "Scorsese 's", "do n't", "rock 'n' roll": an apostrophe that stands apart.
  static bool is_ending(Text rest) {
    for (const Text ending : {"s", "t", "d", "m", "n", "re", "ll", "ve", "em"}) {
      if (rest.starts_with(ending) &&
          (rest.size() == ending.size() || !is_word_byte(rest[ending.size()])))
        return true;
    }
    return false;
  }

  std::size_t straight(std::size_t at, char quote) {
    // A mark inside a word is an apostrophe, an inch or a foot.
    if (at > 0 && is_word_byte(line_[at - 1])) return at + 1;
    if (at + 1 >= line_.size() || line_[at + 1] == ' ') return at + 1;
    if (quote == '\'' && is_ending(line_.substr(at + 1))) return at + 1;
    std::size_t close = at + 1;
    for (;;) {
      close = find_within(Text(&quote, 1), close,
                          kQuotedBytesMax - std::min(kQuotedBytesMax, close - at));
      if (close == Text::npos) return at + 1;
      const bool escaped = line_[close - 1] == '\\';
      const bool inside_word =
          close + 1 < line_.size() && is_word_byte(line_[close + 1]) && quote == '\'';
      const bool after_blank = quote == '\'' && line_[close - 1] == ' ';
      if (!escaped && !inside_word && !after_blank) break;
      ++close;
      if (close - at > kQuotedBytesMax) return at + 1;
    }
    if (close == at + 1) return close + 1;
    add(at, close + 1, kProtectQuoted);
    return close + 1;
  }

  std::size_t curly(std::size_t at) {
    for (const Pair& pair : kPairs) {
      if (!line_.substr(at).starts_with(pair.open)) continue;
      const std::size_t close = find_within(pair.close, at + pair.open.size(), kQuotedBytesMax);
      if (close == Text::npos) continue;
      add(at, close + pair.close.size(), kProtectQuoted);
      return close + pair.close.size();
    }
    return at + 1;
  }

  Text line_;
  std::uint32_t base_;
  std::uint32_t protect_;
  std::vector<ProtectedSpan>& spans_;
};

}  // namespace

void find_quoted(std::string_view text, ByteSpan line, std::uint32_t protect,
                 std::vector<ProtectedSpan>& spans) {
  Quotes(text, line, protect, spans).run();
}

}  // namespace pith
