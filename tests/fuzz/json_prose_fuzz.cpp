// Long prose in a JSON string, made of any bytes: whatever words go, the document is the same JSON
// with a shorter string; cut short at any byte, it is the beginning of one. The first three bytes
// choose dial, classes and cut, the rest is the string: what a string may not hold is escaped,
// valid escapes are taken as they are.
#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "stages/select/select_stage.h"
#include "stages/tokenize/escaped_words.h"
#include "tests/json_closers.h"

namespace {

// The real readers are slow to load, and any counter must do.
class ByteCounter final : public pith::TokenCounter {
 public:
  std::string_view name() const override { return "bytes"; }
  std::uint32_t count(std::string_view text) const override {
    return static_cast<std::uint32_t>(text.size());
  }
  std::vector<std::uint32_t> encode(std::string_view text) const override {
    return {text.begin(), text.end()};
  }
  std::vector<std::uint32_t> token_ends(std::string_view text) const override {
    std::vector<std::uint32_t> ends(text.size());
    for (std::size_t i = 0; i < ends.size(); ++i) ends[i] = static_cast<std::uint32_t>(i + 1);
    return ends;
  }
};

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr std::string_view kFill =
    " the words that make this a string of prose, as long as any string has to be for a look at "
    "it, and then as many more of them as it takes to be sure about that, so that in the end all "
    "of it is long enough even when nothing at all has come from outside. To be quite sure of it "
    "there are a few more words here, which say as little as the others have said, and then some "
    "others which say even less, until it is enough ";

std::string string_of(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (c == '"' || static_cast<unsigned char>(c) < 0x20) {
      out += c == '"' ? "\\\"" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : "\\n";
      continue;
    }
    out += c;
    if (c != '\\') continue;
    // The first byte of a character is none of an escape.
    const bool ascii = i + 1 < bytes.size() && static_cast<unsigned char>(bytes[i + 1]) < 0x80;
    const char next = ascii ? bytes[++i] : '\\';
    if (std::string_view("\"\\/bfnrt").find(next) != std::string_view::npos) {
      out += next;
    } else {
      // Any code unit but the halves of pairs, which no parser takes alone.
      constexpr std::string_view kHex = "0123456789abcdefABCDEF";
      const auto byte = static_cast<unsigned char>(next);
      out += byte % 2 == 0 ? "u20" : "u00";
      out += kHex[byte / 2 % 16];
      out += kHex[byte % kHex.size()];
    }
  }
  return out;
}

// All that may become of the text; none of it is checked to be JSON here.
std::string compressed(const std::string& text, const pith::CompressOptions& options) {
  using namespace pith;
  TokenizedSegment segment;
  segment.structure = find_structure(text, SegmentKind::kToolResult, options);
  const Structure& structure = segment.structure;
  require(structure.seen(text).size() == text.size());
  require(simdjson::validate_utf8(std::string(structure.seen(text))));
  for (const Region& region : structure.regions) {
    if (region.kind != RegionKind::kProse) continue;
    std::vector<Word> words = split_words(structure.seen(text), region.span);
    join_at_escapes(structure.escapes, words);
    segment.words.insert(segment.words.end(), words.begin(), words.end());
  }
  const ByteCounter reader;
  segment.origin_tokens = reader.count(text);
  std::vector<float> keep_prob;
  for (const Word& word : segment.words) {
    keep_prob.push_back(static_cast<float>((word.begin * 2654435761U) >> 16U & 0xFFU) / 256.0F);
  }
  const SegmentReply reply =
      select_words(text, SegmentKind::kToolResult, segment, keep_prob, reader, options);
  require(spans_on_characters(text, reply.kept));
  std::string out = apply_spans(text, reply.kept, reply.markers);
  require(reply.compressed_tokens == out.size());
  return out;
}

// The content may be shorter, the rest must be the same.
void require_same_document(const std::string& text, const std::string& out) {
  simdjson::dom::parser parse_before, parse_after;
  simdjson::dom::object before, after;
  require(parse_before.parse(text).get(before) == simdjson::SUCCESS);
  require(parse_after.parse(out).get(after) == simdjson::SUCCESS);
  require(before.size() == after.size());
  for (auto x = before.begin(), y = after.begin(); x != before.end(); ++x, ++y) {
    require(x.key() == y.key());
    if (x.key() != "content" || !x.value().is_string() || !y.value().is_string()) {
      require(simdjson::minify(x.value()) == simdjson::minify(y.value()));
      continue;
    }
    const std::string_view whole = x.value().get_string().value();
    const std::string_view shorter = y.value().get_string().value();
    std::size_t at = 0;
    for (const char c : shorter) {
      at = whole.find(c, at);
      require(at != std::string_view::npos);
      ++at;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pith;
  if (size < 3) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  if (!simdjson::validate_utf8(bytes)) return 0;
  std::string value = string_of(bytes);
  value.insert(value.size() / 2 == 0 || data[1] % 2 == 0 ? 0 : value.size(), kFill);
  const std::string head = "{\"id\": \"a \\n b\", \"content\": \"";
  const std::string text = head + value + "\", \"tags\": [\"x y\", 1.50]}";

  CompressOptions options;
  options.target_rate = 0.01F + static_cast<float>(data[0]) / 260.0F;
  options.structure = data[1] % 3 != 0;
  if (data[1] % 4 == 0) options.protect = data[2];
  require_same_document(text, compressed(text, options));

  // Somebody cuts it short, and may say so. Very short, it is not looked at.
  std::size_t cut = text.size() - 1 - (data[2] + data[0] * std::size_t{256}) % text.size();
  while ((static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  if (cut < 300) return 0;
  const std::string begun = text.substr(0, cut);
  const std::string marker = data[1] % 5 == 0   ? "\n... [truncated]\n"
                             : data[1] % 5 == 1 ? "..."
                                                : "";
  const std::string out = compressed(begun + marker, options);
  require(out.ends_with(marker));
  require_same_document(
      testing::JsonCloser::closed(begun),
      testing::JsonCloser::closed(std::string_view(out).substr(0, out.size() - marker.size())));
  return 0;
}
