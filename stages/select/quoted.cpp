#include "stages/select/quoted.h"

#include <algorithm>
#include <array>

#include "stages/structure/shown_value.h"

namespace pith {
namespace {

using Text = std::string_view;

constexpr std::size_t kQuotedBytesMax = 400;
constexpr std::size_t kLinkBytesMax = 400;
constexpr std::size_t kCodeBytesMax = 2000;

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// The character that begins with this byte is part of a word of letters with blanks around it:
// no sign, and none of Chinese and Japanese, where a quote may follow at once.
bool is_word_lead(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x80
             ? is_word_byte(c)
             : byte != 0xC2 && byte != 0xE2 && !(byte >= 0xE3 && byte <= 0xE9) && byte < 0xEE;
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

  void run_marked() {
    for (std::size_t at = line_.find_first_of("\xC2\xE2\xE3"); at != Text::npos;
         at = line_.find_first_of("\xC2\xE2\xE3", at)) {
      const std::size_t mark = at++;
      curly(mark);
      if (line_.substr(mark, 2) != kOpeningQuote) continue;
      // A stand-in for six bytes is the mark three times.
      const std::size_t inside = line_.find_first_not_of(kOpeningQuote, mark);
      if (inside != Text::npos) close_marked(mark, inside);
    }
  }

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

  bool is_escaped(std::size_t mark) const { return mark > 0 && line_[mark - 1] == '\\'; }

  // Up to the nearest mark, for it may close whatever it looks like; and past marks that are
  // escaped once more, if what opens is not, and the other way round.
  void close_marked(std::size_t mark, std::size_t inside) {
    bool nearest = true;
    for (std::size_t at = inside; at < inside + kQuotedBytesMax; at += kClosingQuote.size()) {
      at = std::min(find_within(kOpeningQuote, at, inside + kQuotedBytesMax - at),
                    find_within(kClosingQuote, at, inside + kQuotedBytesMax - at));
      if (at == Text::npos) return;
      const bool alike = is_escaped(at) == is_escaped(mark);
      if (nearest || alike) add(mark, at + kClosingQuote.size(), kProtectQuoted);
      if (alike) return;
      nearest = false;
    }
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
          (rest.size() == ending.size() ||
           (!is_word_byte(rest[ending.size()]) && rest[ending.size()] != '\'')))
        return true;
    }
    return false;
  }

  // A mark inside a word is an apostrophe, an inch or a foot.
  bool opens(std::size_t at, char quote) const {
    const std::size_t mark = at > 0 && line_[at - 1] == '\\' ? at - 1 : at;
    // The letter before an escaped mark may be escaped itself: \n\"a\".
    const bool escape = mark < at && mark > 1 && line_[mark - 2] == '\\';
    if (mark > 0 && !escape && is_word_lead(line_[character_before(mark)])) return false;
    if (at + 1 >= line_.size()) return false;
    // Transcripts put blanks around everything: say " Tour " or " Business ".
    if (line_[at + 1] == ' ' && at + 2 < line_.size() && line_[at + 2] == quote) return true;
    if (line_[at + 1] == ' ') return quote == '"' && at > 0 && line_[at - 1] == ' ';
    return quote != '\'' || !is_ending(line_.substr(at + 1));
  }

  std::size_t character_before(std::size_t at) const {
    do --at;
    while (at > 0 && (static_cast<unsigned char>(line_[at]) & 0xC0U) == 0x80U);
    return at;
  }

  // The mark that closes what the one at `at` opened. Marks that are escaped close only each other.
  std::size_t closing(std::size_t at, char quote) {
    const bool escaped = at > 0 && line_[at - 1] == '\\';
    for (std::size_t close = at + 1;; ++close) {
      if (close - at > kQuotedBytesMax) return Text::npos;
      close = find_within(Text(&quote, 1), close, kQuotedBytesMax - (close - at));
      if (close == Text::npos) return close;
      const bool inside_word =
          close + 1 < line_.size() && is_word_lead(line_[close + 1]) && quote == '\'';
      const bool after_blank = quote == '\'' && line_[close - 1] == ' ';
      if ((line_[close - 1] == '\\') != escaped || inside_word) continue;
      if (!after_blank || close == at + 2) return close;
      // 'of type ' or an apostrophe: kept, but what opened may go on.
      if (is_word_byte(line_[at + 1])) add(at, close + 1, kProtectQuoted);
    }
  }

  std::size_t straight(std::size_t at, char quote) {
    if (!opens(at, quote)) return at + 1;
    const std::size_t close = closing(at, quote);
    if (close == Text::npos) return at + 1;
    if (close == at + 1) return close + 1;
    add(at, close + 1, kProtectQuoted);
    nested(at + 1, close);
    return close + 1;
  }

  // An apostrophe may have opened what it should not have ("the dogs' 'Roman Peace'"), or the quote
  // holds another: whatever opens clearly inside is kept up to its own end, too.
  void nested(std::size_t at, std::size_t end) {
    for (at = line_.substr(0, end).find_first_of("\"'`", at); at != Text::npos;
         at = line_.substr(0, end).find_first_of("\"'`", at + 1)) {
      const char before = line_[at - 1];
      const bool clear = (before == ' ' || before == '(' || before == '[' || before == '{' ||
                          before == '=' || before == ':' || before == ',') &&
                         at + 1 < line_.size() && is_word_byte(line_[at + 1]);
      if (!clear || !opens(at, line_[at])) continue;
      const std::size_t close = closing(at, line_[at]);
      if (close != Text::npos && close > end) add(at, close + 1, kProtectQuoted);
    }
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

void find_marked_quotes(std::string_view text, ByteSpan line, std::uint32_t protect,
                        std::vector<ProtectedSpan>& spans) {
  Quotes(text, line, protect, spans).run_marked();
}

}  // namespace pith
