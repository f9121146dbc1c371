#include "stages/score/ngram_header.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace pith::ngram {
namespace {

/// Takes "key value\n" lines one after the other; the first failure sticks.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : text_(text) {}

  std::string_view value(std::string_view key) {
    if (failed_) return {};
    const std::size_t line_end = text_.find('\n', at_);
    const std::string_view line =
        line_end == std::string_view::npos ? std::string_view() : text_.substr(at_, line_end - at_);
    if (line.size() <= key.size() || !line.starts_with(key) || line[key.size()] != ' ') {
      fail(key, "missing or out of order");
      return {};
    }
    at_ = line_end + 1;
    return line.substr(key.size() + 1);
  }

  std::uint64_t number(std::string_view key, std::uint64_t min, std::uint64_t max) {
    return take_number(key, value(key), min, max);
  }

  std::uint64_t take_number(std::string_view key, std::string_view digits, std::uint64_t min,
                            std::uint64_t max) {
    if (failed_) return min;
    std::uint64_t parsed = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed);
    if (error != std::errc() || end != digits.data() + digits.size()) {
      fail(key, "not a number");
      return min;
    }
    if (parsed < min || parsed > max) {
      fail(key, "out of range: value=" + std::to_string(parsed) + " min=" + std::to_string(min) +
                    " max=" + std::to_string(max));
      return min;
    }
    return parsed;
  }

  void fail(std::string_view key, std::string_view why) {
    if (!failed_) problem_.append(key).append(": ").append(why);
    failed_ = true;
  }

  bool failed() const { return failed_; }
  const std::string& problem() const { return problem_; }
  std::size_t at() const { return at_; }
  bool skip(std::string_view exact) {
    if (!text_.substr(at_).starts_with(exact)) return false;
    at_ += exact.size();
    return true;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool failed_ = false;
  std::string problem_;
};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

void read_counts(LineReader& reader, std::string_view key, int order, std::uint64_t max,
                 std::array<std::uint64_t, kOrderMax>& counts) {
  std::string_view rest = reader.value(key);
  for (int level = 0; level < order && !reader.failed(); ++level) {
    const std::size_t blank = rest.find(' ');
    const bool last = level + 1 == order;
    if (last != (blank == std::string_view::npos)) {
      reader.fail(key, "not one number per level");
      return;
    }
    counts[static_cast<std::size_t>(level)] =
        reader.take_number(key, rest.substr(0, blank), 0, max);
    if (!last) rest.remove_prefix(blank + 1);
  }
}

}  // namespace

Result<ParsedHeader> parse_header(std::span<const std::uint8_t> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()),
                              std::min(file.size(), kHeaderBytesMax));
  // Nothing can count more items than the file has bytes; so later sums cannot overflow.
  const std::uint64_t count_max = std::min<std::uint64_t>(file.size(), 0xFFFFFFF0);
  LineReader reader(text);
  if (!reader.skip(kMagic)) {
    return Error{ErrorCode::kFileUnreadable, "magic: not a pith-ngram file of version 1"};
  }
  ParsedHeader parsed;
  Header& header = parsed.header;
  header.name = reader.value("name");
  if (!is_name(header.name)) reader.fail("name", "not a name of 1 to 64 of [A-Za-z0-9._-]");
  header.order = static_cast<int>(reader.number("order", 2, kOrderMax));
  header.vocab_size = static_cast<std::uint32_t>(reader.number("vocab_size", 1, kVocabSizeMax));
  header.smoothing = reader.value("smoothing");
  if (!is_name(header.smoothing)) reader.fail("smoothing", "not a name");
  header.word_surprisal = reader.value("word_surprisal");
  if (header.word_surprisal != "sum" && header.word_surprisal != "mean") {
    reader.fail("word_surprisal", "neither sum nor mean");
  }
  read_counts(reader, "num_ngrams", header.order, count_max, header.num_ngrams);
  read_counts(reader, "num_contexts", header.order, count_max, header.num_contexts);
  header.sentencepiece_bytes = reader.number("sentencepiece_bytes", 1, count_max);
  if (!reader.failed() && !reader.skip("end\n")) reader.fail("end", "missing");
  if (!reader.failed() && header.num_ngrams[0] != header.vocab_size) {
    reader.fail("num_ngrams", "the first is not vocab_size");
  }
  for (int level = 0; level < header.order && !reader.failed(); ++level) {
    const auto k = static_cast<std::size_t>(level);
    const std::uint64_t contexts_max = level + 1 == header.order ? 0 : header.num_ngrams[k];
    if (header.num_contexts[k] > contexts_max) {
      reader.fail("num_contexts", "more contexts than n-grams at level " + std::to_string(level));
    }
  }
  if (reader.failed()) return Error{ErrorCode::kFileUnreadable, reader.problem()};
  parsed.header_bytes = reader.at();
  return parsed;
}

}  // namespace pith::ngram
