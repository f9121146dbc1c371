// Whatever bytes a tokenizer.json holds ("V" first: a vocab.txt behind it, "S": a SentencePiece
// model): an error, or a tokenizer whose pieces lie in the text one behind the other. What the
// reader holds is bounded by the file's size. Run with
//   bin/tokenizer_json_fuzz -malloc_limit_mb=64 -rss_limit_mb=512 NEW_FOLDER
//   tests/fuzz/corpus/tokenizer_json
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <vector>

#include "stages/tokenize/hf_tokenizer_fields.h"
#include "stages/tokenize/hf_vocab_files.h"
#include "tests/fuzz/allocation_watch.h"

namespace pith {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

Result<TokenizerParts> parts_of(std::span<const std::uint8_t> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.starts_with('V')) return parts_of_bert_vocab(text.substr(1), {true, true, true, true});
  if (text.starts_with('S')) return parts_of_xlm_r_model(text.substr(1));
  return tokenizer_parts_of(file);
}

void check(const Tokenizer& tokenizer, std::string_view text) {
  std::uint32_t at = 0;
  for (const Piece& piece : tokenizer.encode(text)) {
    require(piece.id >= 0 && piece.id < tokenizer.vocab_size());
    require(piece.span.begin >= at && piece.span.begin <= piece.span.end);
    at = piece.span.end;
  }
  require(at <= text.size());
}

}  // namespace
}  // namespace pith

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using pith::require;
  // A copy with nothing behind it: the sanitizer sees one byte too far.
  const std::vector<std::uint8_t> file(data, data + size);
  std::optional<pith::HfTokenizer> tokenizer;
  pith::allocation_watch::begin();
  {
    auto parts = pith::parts_of(file);
    if (!parts) {
      require(parts.error().code == pith::ErrorCode::kFileUnreadable &&
              !parts.error().detail.empty() && parts.error().detail.size() < 2000);
    } else {
      tokenizer.emplace(*std::move(parts));
    }
  }
  // Added tokens are normalised, which may make them longer; what ICU keeps comes on top.
  require(pith::allocation_watch::peak <= 32 * static_cast<std::ptrdiff_t>(size) + (1 << 21));
  if (!tokenizer) return 0;
  require(tokenizer->spellings().size() == static_cast<std::size_t>(tokenizer->vocab_size()));
  for (const char* text :
       {"", "Hello  world, 12 abc!",
        "\xC3\xA9\x74\xCC\x81 \xE4\xB8\xAD\xE6\x96\x87 \xF0\x9F\x98\x80\xE2\x80\x8D",
        "\xFF broken \xE2\x82 <mask> [MASK]</s> a\tb\r\nc \xE2\x96\x81x"}) {
    pith::check(*tokenizer, text);
  }
  // Its own words, so that changed pieces are met.
  pith::check(*tokenizer,
              {reinterpret_cast<const char*>(file.data()), std::min<std::size_t>(size, 300)});
  return 0;
}
