#include <array>

#include "stages/tokenize/word_segments.h"

namespace pith {
namespace {

// The Word_Break classes of Unicode Standard Annex 29 that ASCII has, as ICU's root rules use them.
enum AsciiClass : std::uint8_t {
  kOther,
  kBlank,  // white space; which kind does not matter, for runs of it are one stretch here
  kLetter,
  kDigit,
  kUnderscore,  // ExtendNumLet
  kMidBoth,     // . and ': between two letters or two digits
  kMidDigit,    // , and ;: between two digits
};

constexpr std::array<std::uint8_t, 128> make_classes() {
  std::array<std::uint8_t, 128> classes{};
  for (int c = 'a'; c <= 'z'; ++c) classes[c] = classes[c - 'a' + 'A'] = kLetter;
  for (int c = '0'; c <= '9'; ++c) classes[c] = kDigit;
  for (const int c : {' ', '\t', '\n', '\v', '\f', '\r'}) classes[c] = kBlank;
  classes['@'] = kLetter;  // ICU's own addition, and its : is no MidLetter
  classes['_'] = kUnderscore;
  classes['.'] = classes['\''] = kMidBoth;
  classes[','] = classes[';'] = kMidDigit;
  return classes;
}
constexpr std::array<std::uint8_t, 128> kClasses = make_classes();

}  // namespace

void add_ascii_segments(std::string_view text, std::uint32_t begin, std::uint32_t end,
                        WordJoiner& joiner) {
  const auto class_at = [&](std::uint32_t at) {
    return at < end ? kClasses[static_cast<unsigned char>(text[at])] : std::uint8_t{kOther};
  };
  for (std::uint32_t at = begin; at < end;) {
    const std::uint32_t from = at;
    std::uint8_t last = class_at(at++);
    if (last == kBlank) {
      while (class_at(at) == kBlank) ++at;
      joiner.add(from, at, SegmentClass::kBlank);
      continue;
    }
    if (last != kLetter && last != kDigit && last != kUnderscore) {
      joiner.add(from, at, SegmentClass::kMark);
      continue;
    }
    bool core = last != kUnderscore;
    for (;; ++at) {
      const std::uint8_t next = class_at(at);
      if (next == kLetter || next == kDigit) {
        core = true;
      } else if (next == kMidBoth || next == kMidDigit) {
        const bool joins = last == kLetter ? next == kMidBoth : last == kDigit;
        if (!joins || class_at(at + 1) != last) break;
      } else if (next != kUnderscore) {
        break;
      }
      if (next != kMidBoth && next != kMidDigit) last = next;
    }
    joiner.add(from, at, core ? SegmentClass::kCore : SegmentClass::kMark);
  }
}

}  // namespace pith
