#include <bit>
#include <optional>

#include "stages/tokenize/charsmap.h"
#include "stages/tokenize/hf_tokenizer_fields.h"
#include "stages/tokenize/hf_vocab_files.h"
#include "stages/tokenize/unigram_model.h"

namespace pith {
namespace {

/// A field of a serialized protocol buffer message.
struct WireField {
  std::uint32_t number = 0;
  std::uint64_t scalar = 0;
  std::string_view bytes;  ///< Of a length-delimited field.
};

/// Takes a message apart from its front.
class WireReader {
 public:
  explicit WireReader(std::string_view message) : rest_(message) {}
  bool done() const { return rest_.empty(); }

  /// Nothing where the message is cut short or malformed.
  std::optional<WireField> next() {
    const auto tag = varint();
    if (!tag) return std::nullopt;
    WireField field;
    field.number = static_cast<std::uint32_t>(*tag >> 3U);
    switch (*tag & 7U) {
      case 0:
        if (const auto value = varint()) {
          field.scalar = *value;
          return field;
        }
        return std::nullopt;
      case 1:
        return fixed(8, field);
      case 2:
        if (const auto size = varint(); size && *size <= rest_.size()) {
          field.bytes = rest_.substr(0, *size);
          rest_.remove_prefix(*size);
          return field;
        }
        return std::nullopt;
      case 5:
        return fixed(4, field);
      default:
        return std::nullopt;
    }
  }

 private:
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }

  std::optional<WireField> fixed(std::size_t size, WireField field) {
    if (rest_.size() < size) return std::nullopt;
    for (std::size_t i = size; i-- > 0;) {
      field.scalar = field.scalar << 8U | static_cast<unsigned char>(rest_[i]);
    }
    rest_.remove_prefix(size);
    return field;
  }

  std::string_view rest_;
};

// Field numbers of SentencePiece's model format.
constexpr std::uint32_t kPieces = 1;
constexpr std::uint32_t kTrainerSpec = 2;
constexpr std::uint32_t kNormalizerSpec = 3;
constexpr std::uint32_t kPieceSpelling = 1;
constexpr std::uint32_t kPieceScore = 2;
constexpr std::uint32_t kPrecompiledCharsmap = 2;
constexpr std::uint32_t kByteFallback = 35;

const Error kMalformed{ErrorCode::kFileUnreadable, "not a SentencePiece model"};

Result<UnigramModel::Entry> piece_from(std::string_view message) {
  UnigramModel::Entry entry;
  for (WireReader reader(message); !reader.done();) {
    const auto field = reader.next();
    if (!field) return kMalformed;
    if (field->number == kPieceSpelling) entry.spelling = field->bytes;
    if (field->number == kPieceScore) {
      entry.score = std::bit_cast<float>(static_cast<std::uint32_t>(field->scalar));
      if (!(entry.score > -1e30 && entry.score < 1e30)) return kMalformed;
    }
  }
  return entry;
}

Result<std::string_view> charsmap_from(std::string_view message) {
  std::string_view map;
  for (WireReader reader(message); !reader.done();) {
    const auto field = reader.next();
    if (!field) return kMalformed;
    if (field->number == kPrecompiledCharsmap) map = field->bytes;
  }
  return map;
}

Result<bool> byte_fallback_from(std::string_view message) {
  bool fallback = false;
  for (WireReader reader(message); !reader.done();) {
    const auto field = reader.next();
    if (!field) return kMalformed;
    if (field->number == kByteFallback) fallback = field->scalar != 0;
  }
  return fallback;
}

std::unique_ptr<const PreTokenizer> published_cuts() {
  std::vector<std::unique_ptr<const PreTokenizer>> steps;
  steps.push_back(std::make_unique<WhiteSpaceCuts>(false));
  steps.push_back(
      std::make_unique<MetaspaceCuts>("\xE2\x96\x81", MetaspaceCuts::Prepend::kAlways, true));
  return std::make_unique<PreTokenizerSequence>(std::move(steps));
}

}  // namespace

Result<TokenizerParts> parts_of_xlm_r_model(std::string_view serialized) {
  constexpr std::size_t kOwnSpecials = 3;  // <unk> <s> </s> of the model; XLM-R has its own four
  constexpr std::int32_t kUnknown = 3;
  TokenizerParts parts;
  std::vector<UnigramModel::Entry> vocab{{"<s>", 0}, {"<pad>", 0}, {"</s>", 0}, {"<unk>", 0}};
  std::size_t pieces = 0;
  bool byte_fallback = false;
  for (WireReader reader(serialized); !reader.done();) {
    const auto field = reader.next();
    if (!field) return kMalformed;
    if (field->number == kPieces && ++pieces > kOwnSpecials) {
      auto entry = piece_from(field->bytes);
      if (!entry) return entry.error();
      vocab.push_back(*std::move(entry));
    }
    if (field->number == kTrainerSpec) {
      const auto fallback = byte_fallback_from(field->bytes);
      if (!fallback) return fallback.error();
      byte_fallback = *fallback;
    }
    if (field->number != kNormalizerSpec) continue;
    const auto blob = charsmap_from(field->bytes);
    if (!blob) return blob.error();
    if (blob->empty()) continue;
    auto map = Charsmap::parse(*blob);
    if (!map)
      return Error{ErrorCode::kFileUnreadable, "precompiled_charsmap: " + map.error().detail};
    parts.normalizer = std::make_unique<Charsmap>(*std::move(map));
    if (parts.normalizer->growth() > kGrowthMax) {
      return Error{ErrorCode::kFileUnreadable, "precompiled_charsmap: makes texts too long"};
    }
  }
  if (pieces <= kOwnSpecials) return kMalformed;
  vocab.push_back({"<mask>", 0});
  for (std::int32_t id = 0; id <= kUnknown; ++id) {
    parts.added_tokens.push_back({vocab[static_cast<std::size_t>(id)].spelling, id});
  }
  AddedToken mask{"<mask>", static_cast<std::int32_t>(vocab.size()) - 1};
  mask.lstrip = true;
  parts.added_tokens.push_back(std::move(mask));
  parts.pre_tokenizer = published_cuts();
  parts.model = std::make_unique<UnigramModel>(std::move(vocab), kUnknown, byte_fallback);
  parts.decoder = std::make_unique<MetaspaceDecoder>("\xE2\x96\x81", true);
  parts.cut_at_blanks = true;
  return parts;
}

}  // namespace pith
